#include "redirector/scan/segment.hpp"

#include "redirector/scan/crc32c.hpp"
#include "redirector/scan/record.hpp"

#include <algorithm>
#include <cstring>
#include <string_view>

namespace redirector::scan {
namespace {

constexpr std::string_view kMagic = "RSCANSP1";
constexpr std::size_t kLaneAt = 8;
constexpr std::size_t kNumberAt = 12;
constexpr std::size_t kNodeAt = 16;
constexpr std::size_t kEpochAt = 32;
constexpr std::size_t kIncarnationAt = 40;
constexpr std::size_t kFirstSeqAt = 48;
constexpr std::size_t kOpenedAt = 56;
constexpr std::size_t kHeaderCrcAt = 64;
constexpr std::size_t kClaimAt = 72;
constexpr std::size_t kClaimCrcAt = 80;
constexpr std::size_t kFrameCrcAt = 4;
constexpr std::size_t kFrameSeqAt = 8;

static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__,
              "the layout is written as it is in memory");

template <class Integer>
void put(std::uint8_t* to, Integer value) {
    std::memcpy(to, &value, sizeof value);
}

template <class Integer>
Integer get(const std::uint8_t* from) {
    Integer value;
    std::memcpy(&value, from, sizeof value);
    return value;
}

std::uint32_t header_crc(const std::uint8_t* segment) {
    return crc32c(0, {segment, kHeaderCrcAt});
}

std::uint32_t frame_crc(std::uint32_t seed, const std::uint8_t* frame, std::uint32_t length) {
    const std::uint32_t crc = crc32c(seed, {frame, kFrameCrcAt});
    return crc32c(crc, {frame + kFrameSeqAt, kFrameHead - kFrameSeqAt + length});
}

}  // namespace

std::uint32_t write_header(const SegmentHeader& header, std::uint8_t* segment) noexcept {
    std::memcpy(segment, kMagic.data(), kMagic.size());
    put(segment + kLaneAt, header.lane);
    put(segment + kNumberAt, header.number);
    std::memset(segment + kNodeAt, 0, kEpochAt - kNodeAt);
    std::memcpy(segment + kNodeAt, header.node.data(), std::min(header.node.size(), kNodeLength));
    put(segment + kEpochAt, header.epoch);
    put(segment + kIncarnationAt, header.incarnation);
    put(segment + kFirstSeqAt, header.first_seq);
    put(segment + kOpenedAt, header.opened_ms);
    const std::uint32_t crc = header_crc(segment);
    put(segment + kHeaderCrcAt, crc);
    return crc;
}

std::optional<SegmentHeader> read_header(std::span<const std::uint8_t> bytes) {
    if (bytes.size() < kFramesAt || std::memcmp(bytes.data(), kMagic.data(), kMagic.size()) != 0 ||
        get<std::uint32_t>(&bytes[kHeaderCrcAt]) != header_crc(bytes.data()))
        return std::nullopt;
    SegmentHeader header;
    header.lane = get<std::uint32_t>(&bytes[kLaneAt]);
    header.number = get<std::uint32_t>(&bytes[kNumberAt]);
    header.node.assign(reinterpret_cast<const char*>(&bytes[kNodeAt]), kNodeLength);
    header.epoch = get<std::uint64_t>(&bytes[kEpochAt]);
    header.incarnation = get<std::uint64_t>(&bytes[kIncarnationAt]);
    header.first_seq = get<std::uint64_t>(&bytes[kFirstSeqAt]);
    header.opened_ms = get<std::uint64_t>(&bytes[kOpenedAt]);
    return header;
}

void write_claim(std::uint64_t epoch, std::uint8_t* segment) noexcept {
    put(segment + kClaimAt, epoch);
    put(segment + kClaimCrcAt, crc32c(header_crc(segment), {segment + kClaimAt, sizeof epoch}));
}

std::uint64_t read_claim(std::span<const std::uint8_t> bytes) noexcept {
    const std::uint32_t crc =
        crc32c(header_crc(bytes.data()), bytes.subspan(kClaimAt, sizeof(std::uint64_t)));
    if (get<std::uint32_t>(&bytes[kClaimCrcAt]) != crc) return 0;
    return get<std::uint64_t>(&bytes[kClaimAt]);
}

void seal_frame(std::uint32_t seed,
                std::uint64_t seq,
                std::uint8_t* frame,
                std::uint32_t length) noexcept {
    put(frame, length);
    put(frame + kFrameSeqAt, seq);
    put(frame + kFrameCrcAt, frame_crc(seed, frame, length));
}

Frames::Frames(std::span<const std::uint8_t> segment)
    : Frames(segment, kFramesAt, get<std::uint64_t>(&segment[kFirstSeqAt])) {}

Frames::Frames(std::span<const std::uint8_t> segment, std::size_t offset, std::uint64_t seq)
    : segment_(segment), seed_(header_crc(segment.data())), offset_(offset), seq_(seq) {}

std::optional<Frame> Frames::next() noexcept {
    if (segment_.size() - offset_ < kFrameHead) return std::nullopt;
    const std::uint8_t* frame = segment_.data() + offset_;
    const auto length = get<std::uint32_t>(frame);
    if (length == 0 || length > kMaxRecord || length > segment_.size() - offset_ - kFrameHead)
        return std::nullopt;
    if (get<std::uint64_t>(frame + kFrameSeqAt) != seq_ ||
        get<std::uint32_t>(frame + kFrameCrcAt) != frame_crc(seed_, frame, length))
        return std::nullopt;
    const Frame found{seq_, {frame + kFrameHead, length}};
    ++seq_;
    offset_ += kFrameHead + length;
    return found;
}

bool Frames::clean_end() const noexcept {
    const auto rest = segment_.subspan(offset_);
    return std::all_of(rest.begin(), rest.end(), [](std::uint8_t byte) { return byte == 0; });
}

}  // namespace redirector::scan
