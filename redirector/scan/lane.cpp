#include "redirector/scan/lane.hpp"

#include "redirector/scan/clock.hpp"
#include "redirector/scan/doorbell.hpp"
#include "redirector/scan/record.hpp"

#include <ctime>
#include <utility>

namespace redirector::scan {
void Doorbell::wait(std::chrono::milliseconds limit) noexcept {
    timespec until{};
    ::clock_gettime(CLOCK_MONOTONIC, &until);
    const auto nanos = until.tv_nsec + limit.count() % 1000 * 1'000'000;
    until.tv_sec += limit.count() / 1000 + nanos / 1'000'000'000;
    until.tv_nsec = nanos % 1'000'000'000;
    if (::sem_clockwait(&semaphore_, CLOCK_MONOTONIC, &until) != 0) return;
    while (::sem_trywait(&semaphore_) == 0)
        continue;
}

bool Lane::roll(std::size_t frame) noexcept {
    SegmentFile* fresh = nullptr;
    for (auto& slot : ready_)
        if (fresh == nullptr && slot.load(std::memory_order_relaxed) != nullptr)
            fresh = slot.exchange(nullptr, std::memory_order_acquire);
    if (fresh == nullptr) {
        // One that has failed is still better than nowhere: the keeper writes it anew.
        if (segment_ != nullptr && room_ >= frame) return true;
        if (!starved_.exchange(true, std::memory_order_relaxed)) bell_.ring();
        return false;
    }
    // What is left behind must be as durable as the level says; sync() only knows the current one.
    if (durable_ && segment_ != nullptr && synced_ != at_) left_unsynced_ = segment_->sync_now();
    seed_ = fresh->use(seq_ + 1, now_ms());
    SegmentFile* sealed = segment_;
    segment_ = fresh;
    at_ = fresh->data() + kFramesAt;
    synced_ = at_;
    room_ = fresh->size() - kFramesAt;
    if (sealed != nullptr) {
        sealed->set_next(fresh);
    } else {
        first_.store(fresh, std::memory_order_release);
    }
    starved_.store(false, std::memory_order_relaxed);
    bell_.ring();
    return room_ >= frame;
}

boost::system::error_code Lane::sync() noexcept {
    auto error = std::exchange(left_unsynced_, {});
    if (synced_ == at_) return error;
    // Also after an error: a second sync of the same pages might succeed without having written
    // them.
    synced_ = at_;
    if (const auto failure = segment_->sync_now()) error = failure;
    if (error) bell_.ring();
    return error;
}

std::size_t Lane::missing() const noexcept {
    std::size_t empty = 0;
    for (const auto& slot : ready_)
        empty += slot.load(std::memory_order_relaxed) == nullptr;
    return empty;
}

void Lane::offer(SegmentFile* segment) noexcept {
    for (auto& slot : ready_) {
        SegmentFile* expected = nullptr;
        if (slot.compare_exchange_strong(expected, segment, std::memory_order_release)) return;
    }
}

}  // namespace redirector::scan
