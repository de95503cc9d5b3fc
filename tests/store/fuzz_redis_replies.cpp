// Bytes of a hostile or broken server into the protocol object, in two pieces: any split must yield
// the same replies, and nothing may be answered that was not asked for.
#include "redirector/store/redis_protocol.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

namespace {

using namespace redirector::store;

constexpr ReplyLimits kLimits{.bytes = 1 << 16, .elements = 1000};

std::vector<RedisReply> read(std::string_view first, std::string_view second, bool& broken) {
    ReplyReader reader(kLimits);
    std::vector<RedisReply> replies;
    broken = reader.feed(first, replies).failed() || reader.feed(second, replies).failed();
    return replies;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
    const std::size_t cut = std::min<std::size_t>(data[0], bytes.size());
    bool whole_broken = false;
    bool cut_broken = false;
    const auto whole = read(bytes, {}, whole_broken);
    const auto parts = read(bytes.substr(0, cut), bytes.substr(cut), cut_broken);
    if (whole_broken != cut_broken || whole != parts) std::abort();

    RedisProtocol protocol(kLimits, (data[0] & 1) != 0);
    std::size_t answered = 0;
    protocol.push({{"GET", "a"}, {"GET", "b"}}, {},
                  [&](auto, auto replies) { answered += replies.size(); });
    std::vector<RedisProtocol::Finished> finished;
    std::vector<RedisReply> messages;
    (void)protocol.feed(bytes, finished, messages);
    for (auto& batch : finished)
        std::move(batch.handler)(batch.error, std::move(batch.replies));
    if (answered != 0 && answered != 2) std::abort();
    for (auto& batch : protocol.fail_all(RedisError::disconnected, {}))
        std::move(batch.handler)(batch.error, std::move(batch.replies));
    return 0;
}
