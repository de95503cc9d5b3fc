// The shipper's door to Redis, over the store's client.
// Threads: as its client: one background io_context; generation() from any thread.
#pragma once

#include "redirector/scan/sink.hpp"
#include "redirector/store/redis_client.hpp"

#include <atomic>
#include <cstdint>
#include <vector>

namespace redirector {

class ScanSink final : public scan::Sink {
  public:
    // Connects at once and for as long as it lives.
    ScanSink(Executor executor, store::RedisOptions options);

    Awaitable<boost::system::error_code> exchange(std::span<const scan::Command> commands,
                                                  std::vector<scan::Answer>& answers) override;
    std::uint64_t generation() const noexcept override {
        return generation_.load(std::memory_order_relaxed);
    }

    void stop() { client_.stop(); }

  private:
    store::RedisOptions counting(store::RedisOptions options);

    std::atomic<std::uint64_t> generation_{0};
    store::RedisClient client_;
};

}  // namespace redirector
