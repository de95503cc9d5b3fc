// A spool segment as bytes: the header, the frames, and the walk over them that recovery and
// shipping share.
// Shape:   little-endian throughout. Offset, size, content:
//            0   8  magic "RSCANSP1"
//            8   4  lane
//           12   4  number of the segment in its epoch, from 0
//           16  16  node id, ASCII, padded with zero bytes
//           32   8  epoch: milliseconds, or more; never used twice by a node
//           40   8  incarnation: random, one per process
//           48   8  sequence number of the first record; 0: the segment was never used
//           56   8  milliseconds since the epoch when the segment came into use
//           64   4  CRC-32C of bytes 0 to 63
//           72   8  claim: the epoch under which the records go to Redis; 0: not yet claimed
//           80   4  CRC-32C of the claim, seeded with that of the header
//          128      frames, one behind the other:
//                   u32 length of the payload | u32 CRC-32C | u64 sequence number | payload
//          The frame's checksum is seeded with the header's and covers length, sequence number
//          and payload, so that a frame of another segment is never taken for one of this.
//          Sequence numbers rise by one. Behind the last frame there are zero bytes: a length of
//          0 is the end.
// Example: first frame {sequence 1, payload "hi"}, bytes 128 to 145:
//          02 00 00 00 | cc cc cc cc | 01 00 00 00 00 00 00 00 | 68 69
// Errors:  a Frames walk ends at the first frame whose length, checksum or sequence number is
//          wrong; every frame before it is whole.
// Threads: pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>

namespace redirector::scan {

inline constexpr std::size_t kFramesAt = 128;
inline constexpr std::size_t kFrameHead = 16;
inline constexpr std::size_t kNodeLength = 12;

struct SegmentHeader {
    std::uint32_t lane = 0;
    std::uint32_t number = 0;
    std::string node;  // kNodeLength characters
    std::uint64_t epoch = 0;
    std::uint64_t incarnation = 0;
    std::uint64_t first_seq = 0;
    std::uint64_t opened_ms = 0;
    friend bool operator==(const SegmentHeader&, const SegmentHeader&) = default;
};

// Writes bytes 0 to 67; returns the header's checksum, the seed of every frame.
std::uint32_t write_header(const SegmentHeader& header, std::uint8_t* segment) noexcept;

// nullopt unless magic and checksum are right. `bytes`: kFramesAt at least.
std::optional<SegmentHeader> read_header(std::span<const std::uint8_t> bytes);

// Bytes 72 to 83.
void write_claim(std::uint64_t epoch, std::uint8_t* segment) noexcept;
std::uint64_t read_claim(std::span<const std::uint8_t> bytes) noexcept;  // 0: none

// Makes the frame whose payload of `length` bytes is already at frame + kFrameHead.
void seal_frame(std::uint32_t seed,
                std::uint64_t seq,
                std::uint8_t* frame,
                std::uint32_t length) noexcept;

struct Frame {
    std::uint64_t seq = 0;
    std::span<const std::uint8_t> payload;
};

// Walks over the frames of a segment in memory.
class Frames {
  public:
    // From the first frame of `segment` (header included), whose header must be valid.
    explicit Frames(std::span<const std::uint8_t> segment);

    // From `offset`, where frame `seq` begins.
    Frames(std::span<const std::uint8_t> segment, std::size_t offset, std::uint64_t seq);

    // The next frame, or nullopt at the end or at the first bad one.
    std::optional<Frame> next() noexcept;

    std::size_t offset() const noexcept { return offset_; }  // behind the last good frame
    std::uint64_t next_seq() const noexcept { return seq_; }

    // Whether nothing but zero bytes follows the last good frame: the segment was not torn.
    bool clean_end() const noexcept;

  private:
    std::span<const std::uint8_t> segment_;
    std::uint32_t seed_;
    std::size_t offset_;
    std::uint64_t seq_;
};

}  // namespace redirector::scan
