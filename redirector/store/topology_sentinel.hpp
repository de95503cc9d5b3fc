// Which server is the primary now: what Redis Sentinels say, asked one after the other.
// Shape:   the URL's Sentinels are the ones asked; its user and password are offered to Sentinels
//          and servers alike (a Sentinel without a password of its own is content without).
//          Answers are ranked by Sentinel's configuration epoch, which every failover raises: an
//          answer older than one already had comes from a Sentinel that was cut off.
// Units:   each Sentinel has `deadline` to connect and again to answer.
// Threads: as the RedisClients that it makes: one executor.
// Source:  redis.io "Sentinel client spec"; "Guidelines for Sentinel clients".
#pragma once

#include "redirector/store/redis_client.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

namespace redirector::store {

struct Primary {
    RedisAddress::Endpoint endpoint;
    std::uint64_t epoch = 0;
};

class SentinelDirectory {
  public:
    // `address` is of kind `sentinel`.
    SentinelDirectory(Executor executor,
                      RedisAddress address,
                      std::chrono::milliseconds deadline = std::chrono::milliseconds(300));

    // The first answer that is not older than those before; if all are older (the Sentinels were
    // set up anew) the youngest of them. An error when none answers: the last one's.
    Awaitable<RedisResult<Primary>> find();

    // Asks one Sentinel, another each time: has the primary changed since the last find()?
    Awaitable<bool> changed();

    // A Sentinel's own words when it knows no such master or refuses the password.
    const std::string& last_refusal() const { return last_refusal_; }

  private:
    Awaitable<RedisResult<Primary>> ask_next();

    Executor executor_;
    RedisAddress address_;
    std::chrono::milliseconds deadline_;
    std::size_t next_ = 0;  // Sentinel to ask
    std::optional<Primary> known_;
    std::string last_refusal_;
};

// What a Sentinel answered to GET-MASTER-ADDR-BY-NAME and MASTER; nothing when that is no answer.
std::optional<Primary> parse_primary(const RedisReply& address, const RedisReply& master);

}  // namespace redirector::store
