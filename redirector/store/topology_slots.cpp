#include "redirector/store/topology_slots.hpp"

#include "redirector/scan/partition.hpp"
#include "redirector/text.hpp"

#include <algorithm>
#include <array>

namespace redirector::store {
namespace {

constexpr std::size_t kMaxMasters = 1000;  // as the cluster specification recommends at most
constexpr std::size_t kMaxHost = 253;

// "?" is what a node calls a host name that it does not know.
std::string host_or(std::string_view host, std::string_view asked) {
    return std::string(host.empty() || host == "?" ? asked : host);
}

// Number of a command's keys when it names it, and where that number stands.
std::optional<std::size_t> place_of_key_count(std::string_view name) {
    constexpr std::array<std::string_view, 4> scripts{"EVAL", "EVALSHA", "EVAL_RO", "EVALSHA_RO"};
    if (std::ranges::find(scripts, name) != scripts.end() || name == "FCALL") return 2;
    return std::nullopt;
}

bool has_no_key(std::string_view name) {
    constexpr std::array<std::string_view, 14> names{
        "PING", "INFO",   "TIME",   "SCRIPT", "CLUSTER", "CLIENT",  "CONFIG",
        "WAIT", "DBSIZE", "SELECT", "MULTI",  "EXEC",    "DISCARD", "ROLE"};
    return std::ranges::find(names, name) != names.end();
}

}  // namespace

unsigned slot_of(std::string_view key) noexcept {
    const std::size_t open = key.find('{');
    if (open != key.npos) {
        const std::size_t close = key.find('}', open + 1);
        if (close != key.npos && close > open + 1) key = key.substr(open + 1, close - open - 1);
    }
    return scan::crc16(key) % kSlots;
}

std::optional<std::string_view> routing_key(const Command& command) {
    if (command.size() < 2 || has_no_key(command[0])) return std::nullopt;
    if (command[0] == "XREAD" || command[0] == "XREADGROUP") {
        const auto streams = std::ranges::find(command, "STREAMS");
        if (command.end() - streams < 2) return std::nullopt;
        return *(streams + 1);
    }
    const auto place = place_of_key_count(command[0]);
    if (!place) return command[1];
    if (command.size() <= *place + 1 || command[*place] == "0") return std::nullopt;
    return command[*place + 1];
}

std::optional<SlotTable> SlotTable::parse(const RedisReply& reply, std::string_view asked) {
    if (reply.type != RedisReply::Type::array) return std::nullopt;
    SlotTable table;
    for (const RedisReply& range : reply.elements) {
        // [first, last, [host, port, ...] of the master, ... of its replicas]
        if (range.elements.size() < 3 || range.elements[2].elements.size() < 2) return std::nullopt;
        const std::int64_t first = range.elements[0].integer;
        const std::int64_t last = range.elements[1].integer;
        const RedisReply& master = range.elements[2];
        const std::int64_t port = master.elements[1].integer;
        const bool sound = first >= 0 && first <= last && last < kSlots && port > 0 &&
                           port <= 65535 && master.elements[0].text.size() <= kMaxHost;
        if (!sound) return std::nullopt;
        const std::uint16_t owner = table.index_of(
            {host_or(master.elements[0].text, asked), static_cast<std::uint16_t>(port)});
        if (owner == kNobody) return std::nullopt;
        std::fill(table.owners_.begin() + first, table.owners_.begin() + last + 1, owner);
    }
    return table;
}

std::optional<unsigned> SlotTable::slot_of_master(std::size_t master) const {
    const auto found = std::ranges::find(owners_, static_cast<std::uint16_t>(master));
    if (found == owners_.end()) return std::nullopt;
    return static_cast<unsigned>(found - owners_.begin());
}

void SlotTable::move(unsigned slot, const RedisAddress::Endpoint& to) {
    if (const std::uint16_t owner = index_of(to); owner != kNobody) owners_[slot] = owner;
}

std::uint16_t SlotTable::index_of(const RedisAddress::Endpoint& endpoint) {
    const auto found = std::ranges::find(masters_, endpoint);
    const auto index = static_cast<std::uint16_t>(found - masters_.begin());
    if (found != masters_.end()) return index;
    if (masters_.size() == kMaxMasters) return kNobody;
    masters_.push_back(endpoint);
    return index;
}

std::optional<Redirect> parse_redirect(std::string_view error, std::string_view asked) {
    Redirect redirect;
    if (error.starts_with("ASK ")) {
        redirect.ask = true;
        error.remove_prefix(4);
    } else if (error.starts_with("MOVED ")) {
        error.remove_prefix(6);
    } else {
        return std::nullopt;
    }
    const std::size_t blank = error.find(' ');
    // The last colon: an IPv6 address stands without brackets.
    const std::size_t colon = error.rfind(':');
    if (blank == error.npos || colon == error.npos || colon < blank) return std::nullopt;
    const auto slot = to_number<unsigned>(error.substr(0, blank));
    const auto port = to_number<std::uint16_t>(error.substr(colon + 1));
    const std::string_view host = error.substr(blank + 1, colon - blank - 1);
    if (!slot || *slot >= kSlots || !port || *port == 0 || host.size() > kMaxHost)
        return std::nullopt;
    redirect.slot = *slot;
    redirect.to = {host_or(host, asked), *port};
    return redirect;
}

}  // namespace redirector::store
