// Redis Cluster without sockets: which slot a key is in, which key a command goes by, which master
// owns a slot, what MOVED and ASK say.
// Errors:  nothing for replies and error texts that are none of these; hosts and numbers are
//          bounded.
// Threads: pure.
// Source:  redis.io "Redis cluster specification": "Hash tags", "MOVED Redirection", "ASK
//          redirection"; CLUSTER SLOTS.
#pragma once

#include "redirector/store/redis_address.hpp"
#include "redirector/store/redis_reply.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace redirector::store {

inline constexpr unsigned kSlots = 16384;

// By the part within the first { }, if there is one and it is not empty.
unsigned slot_of(std::string_view key) noexcept;

// The first key of a command; nothing when it has none, and any node may run it.
std::optional<std::string_view> routing_key(const Command& command);

class SlotTable {
  public:
    static constexpr std::uint16_t kNobody = 0xffff;

    SlotTable() : owners_(kSlots, kNobody) {}

    // CLUSTER SLOTS' answer. `asked`: the host that answered, which stands for an empty one.
    static std::optional<SlotTable> parse(const RedisReply& reply, std::string_view asked);

    // Index into masters(), or kNobody.
    std::uint16_t owner(unsigned slot) const { return owners_[slot]; }
    const std::vector<RedisAddress::Endpoint>& masters() const { return masters_; }
    bool empty() const { return masters_.empty(); }

    // A slot of the master's, for a key that is to live there.
    std::optional<unsigned> slot_of_master(std::size_t master) const;

    void move(unsigned slot, const RedisAddress::Endpoint& to);

  private:
    std::uint16_t index_of(const RedisAddress::Endpoint& endpoint);

    std::vector<std::uint16_t> owners_;  // kSlots
    std::vector<RedisAddress::Endpoint> masters_;
};

// "MOVED 3999 127.0.0.1:6381", "ASK 3999 127.0.0.1:6381"; without a host: the one that said it.
struct Redirect {
    bool ask = false;
    unsigned slot = 0;
    RedisAddress::Endpoint to;
};
std::optional<Redirect> parse_redirect(std::string_view error, std::string_view asked);

}  // namespace redirector::store
