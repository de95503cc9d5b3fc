// One lane of the spool: where a writer's next frame goes, and the chain of segments behind it.
// Shape:   the keeper fills `ready` slots; the writer takes one when its segment is full, stamps
//          it and hangs it behind the last, where keeper and shipper find it.
// Threads: reserve(), commit() and sync() on the writer's thread; offer() on the keeper's; the
//          others on any.
#pragma once

#include "redirector/scan/segment_file.hpp"
#include "redirector/scan/tallies.hpp"

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

namespace redirector::scan {

class Doorbell;

class Lane {
  public:
    static constexpr std::size_t kReady = 2;

    // `bell` is rung when a segment was taken or failed; it must outlive the lane.
    // `durable`: level `batch`, where a segment is synced before it is left.
    Lane(unsigned number, bool durable, Doorbell& bell) noexcept
        : number_(number), durable_(durable), bell_(bell) {}

    unsigned number() const noexcept { return number_; }

    // Room for a payload of `length` bytes, to be filled and then committed; nullptr when the
    // segment is full and no other is ready.
    std::uint8_t* reserve(std::size_t length) noexcept {
        const std::size_t frame = kFrameHead + length;
        if (room_ < frame || segment_->failed()) [[unlikely]] {
            if (!roll(frame)) return nullptr;
        }
        return at_ + kFrameHead;
    }

    // Makes the reserved payload a frame. `length` as reserved.
    void commit(std::size_t length) noexcept {
        const std::size_t frame = kFrameHead + length;
        seal_frame(seed_, ++seq_, at_, static_cast<std::uint32_t>(length));
        at_ += frame;
        room_ -= frame;
        segment_->commit(static_cast<std::uint64_t>(at_ - segment_->data()));
        tallies.appended.set(seq_);
        tallies.appended_bytes.add(frame);
    }

    // fdatasync of what was appended since the last call.
    boost::system::error_code sync() noexcept;

    // Once a ready segment could not be had, until there is one: no append is needed to find out, for
    // none may come while the server says that it is not ready.
    bool starved() const noexcept {
        return starved_.load(std::memory_order_relaxed) && missing() == kReady;
    }

    // The keeper's side. offer() takes over nothing: the keeper owns all segments.
    std::size_t missing() const noexcept;
    void offer(SegmentFile* segment) noexcept;

    // The first segment that this process used, nullptr before.
    SegmentFile* first() const noexcept { return first_.load(std::memory_order_acquire); }

    LaneTallies tallies;

  private:
    bool roll(std::size_t frame) noexcept;

    const unsigned number_;
    const bool durable_;
    Doorbell& bell_;

    SegmentFile* segment_ = nullptr;
    std::uint8_t* at_ = nullptr;  // where the next frame begins
    std::size_t room_ = 0;        // from there on
    std::uint32_t seed_ = 0;
    std::uint64_t seq_ = 0;
    std::uint8_t* synced_ = nullptr;  // sync() has covered what is before it
    boost::system::error_code left_unsynced_;

    std::array<std::atomic<SegmentFile*>, kReady> ready_{};
    std::atomic<SegmentFile*> first_ = nullptr;
    std::atomic<bool> starved_ = false;
};

}  // namespace redirector::scan
