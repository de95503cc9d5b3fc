// How many management calls are answered at the same time, in all and of one account: so that
// nobody's burst takes the store, or the others, with it.
// Errors:  none: who is refused is told to come again.
// Threads: any.
#pragma once

#include <atomic>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>

namespace redirector::api {

class CallLimit {
  public:
    // 0: any number.
    CallLimit(std::uint32_t of_all, std::uint32_t of_account)
        : of_all_(of_all), of_account_(of_account) {}

    // One call, from when it begins until this ends.
    class Place {
      public:
        explicit Place(CallLimit& limit) : limit_(&limit) {}
        Place(Place&& other) noexcept;
        Place& operator=(Place&&) = delete;
        ~Place();

        // Whose call it is, once that is known; false: that account has too many.
        bool charge(const std::string& account);

      private:
        CallLimit* limit_;     // null: moved from
        std::string account_;  // empty: not charged
    };

    // Nothing: there are too many.
    std::optional<Place> enter();

    std::uint64_t open() const noexcept { return open_.load(std::memory_order_relaxed); }
    std::uint64_t refused() const noexcept { return refused_.load(std::memory_order_relaxed); }

  private:
    const std::uint32_t of_all_;
    const std::uint32_t of_account_;
    std::atomic<std::uint64_t> open_{0};
    std::atomic<std::uint64_t> refused_{0};
    std::mutex mutex_;
    std::unordered_map<std::string, std::uint32_t> open_of_;  // accounts with calls now
};

}  // namespace redirector::api
