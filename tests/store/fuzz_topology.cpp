// What servers say of who owns what: any bytes give a sound answer or none.
#include "redirector/store/redis_protocol.hpp"
#include "redirector/store/topology_sentinel.hpp"
#include "redirector/store/topology_slots.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <vector>

using namespace redirector::store;

namespace {

void require(bool holds) {
    if (!holds) std::abort();
}

void check_table(const RedisReply& reply) {
    const auto table = SlotTable::parse(reply, "asked");
    if (!table) return;
    for (unsigned slot = 0; slot < kSlots; ++slot) {
        const auto owner = table->owner(slot);
        require(owner == SlotTable::kNobody || owner < table->masters().size());
    }
    for (const auto& master : table->masters())
        require(master.port != 0 && !master.host.empty());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view bytes(reinterpret_cast<const char*>(data), size);
    if (const auto redirect = parse_redirect(bytes, "asked"))
        require(redirect->slot < kSlots && redirect->to.port != 0 && !redirect->to.host.empty());
    require(slot_of(bytes) < kSlots);
    std::vector<RedisReply> replies;
    ReplyReader reader(ReplyLimits{1 << 20, 10'000});
    (void)reader.feed(bytes, replies);
    for (const RedisReply& reply : replies)
        check_table(reply);
    for (std::size_t i = 0; i + 1 < replies.size(); ++i) {
        const auto primary = parse_primary(replies[i], replies[i + 1]);
        require(!primary || (primary->endpoint.port != 0 && !primary->endpoint.host.empty()));
    }
    return 0;
}
