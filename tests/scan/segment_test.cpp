#include "redirector/scan/segment.hpp"

#include "redirector/scan/record.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <string>
#include <vector>

namespace redirector::scan {
namespace {

using Bytes = std::vector<std::uint8_t>;

constexpr std::uint64_t kFirst = 41;

// A segment of `payloads`, with some zero bytes behind them, and where each frame ends.
struct Made {
    Bytes bytes;
    std::vector<std::size_t> ends;
};

SegmentHeader header() {
    return {.lane = 3,
            .number = 7,
            .node = "abcdef012345",
            .epoch = 1'700'000'000'000,
            .incarnation = 99,
            .first_seq = kFirst,
            .opened_ms = 1'700'000'000'500};
}

Made segment(const std::vector<std::string>& payloads) {
    Made made{Bytes(4096), {}};
    const std::uint32_t seed = write_header(header(), made.bytes.data());
    std::size_t at = kFramesAt;
    std::uint64_t seq = kFirst;
    for (const std::string& payload : payloads) {
        std::memcpy(&made.bytes[at + kFrameHead], payload.data(), payload.size());
        seal_frame(seed, seq++, &made.bytes[at], static_cast<std::uint32_t>(payload.size()));
        at += kFrameHead + payload.size();
        made.ends.push_back(at);
    }
    return made;
}

const std::vector<std::string> kPayloads{"one", "the second", "3", "number four",
                                         std::string(90, 'z')};

// The payloads that a walk finds.
std::vector<std::string> walk(std::span<const std::uint8_t> bytes) {
    std::vector<std::string> found;
    Frames frames(bytes);
    while (const auto frame = frames.next()) {
        EXPECT_EQ(frame->seq, kFirst + found.size());
        found.emplace_back(frame->payload.begin(), frame->payload.end());
    }
    return found;
}

std::vector<std::string> first(std::size_t n) {
    return {kPayloads.begin(), kPayloads.begin() + static_cast<std::ptrdiff_t>(n)};
}

TEST(Segment, GivesBackItsHeader) {
    const Made made = segment({});
    EXPECT_EQ(read_header(made.bytes), header());
}

TEST(Segment, HeaderIsRefusedWithAnyByteWrong) {
    const Made made = segment({});
    for (std::size_t at = 0; at < 68; ++at) {
        Bytes bytes = made.bytes;
        bytes[at] ^= 0x10;
        EXPECT_FALSE(read_header(bytes)) << at;
    }
    EXPECT_FALSE(read_header({made.bytes.data(), kFramesAt - 1}));
}

TEST(Segment, ClaimIsZeroUntilWrittenAndWhenDamaged) {
    Made made = segment({});
    EXPECT_EQ(read_claim(made.bytes), 0U);
    write_claim(1'700'000'000'001, made.bytes.data());
    EXPECT_EQ(read_claim(made.bytes), 1'700'000'000'001U);
    EXPECT_EQ(read_header(made.bytes), header());
    for (std::size_t at = 72; at < 84; ++at) {
        Bytes bytes = made.bytes;
        bytes[at] ^= 1;
        EXPECT_EQ(read_claim(bytes), 0U) << at;
    }
}

TEST(Segment, FindsEveryFrame) {
    const Made made = segment(kPayloads);
    EXPECT_EQ(walk(made.bytes), kPayloads);
    Frames frames(made.bytes);
    while (frames.next())
        continue;
    EXPECT_TRUE(frames.clean_end());
    EXPECT_EQ(frames.offset(), made.ends.back());
    EXPECT_EQ(frames.next_seq(), kFirst + kPayloads.size());
}

TEST(Segment, GoesOnFromAnOffset) {
    const Made made = segment(kPayloads);
    Frames frames(made.bytes, made.ends[1], kFirst + 2);
    const auto frame = frames.next();
    ASSERT_TRUE(frame);
    EXPECT_EQ(std::string(frame->payload.begin(), frame->payload.end()), kPayloads[2]);
}

// Every byte of the last three frames is a place where the file may end, or the zeroes begin.
TEST(Segment, CutAnywhereItKeepsEveryWholeFrame) {
    const Made made = segment(kPayloads);
    for (std::size_t cut = made.ends[1]; cut <= made.ends.back(); ++cut) {
        const auto whole = static_cast<std::size_t>(std::count_if(
            made.ends.begin(), made.ends.end(), [cut](auto end) { return end <= cut; }));
        EXPECT_EQ(walk({made.bytes.data(), cut}), first(whole)) << "ends at " << cut;
        Bytes zeroed = made.bytes;
        std::fill(zeroed.begin() + static_cast<std::ptrdiff_t>(cut), zeroed.end(), std::uint8_t{0});
        // A frame that ends in a zero byte is whole one byte earlier; none of these does.
        EXPECT_EQ(walk(zeroed), first(whole)) << "zero from " << cut;
    }
}

TEST(Segment, WithAnyBitWrongItKeepsEveryFrameBefore) {
    const Made made = segment(kPayloads);
    for (std::size_t at = kFramesAt; at < made.ends.back(); ++at) {
        for (unsigned bit = 0; bit < 8; ++bit) {
            Bytes bytes = made.bytes;
            bytes[at] ^= static_cast<std::uint8_t>(1U << bit);
            const auto before = static_cast<std::size_t>(
                std::upper_bound(made.ends.begin(), made.ends.end(), at) - made.ends.begin());
            EXPECT_EQ(walk(bytes), first(before)) << "byte " << at << " bit " << bit;
        }
    }
}

TEST(Segment, TellsATornEndFromACleanOne) {
    Made made = segment(kPayloads);
    made.bytes[made.ends.back() - 1] ^= 1;
    Frames frames(made.bytes);
    while (frames.next())
        continue;
    EXPECT_FALSE(frames.clean_end());
}

TEST(Segment, DoesNotTakeAFrameOfAnotherSegment) {
    const Made made = segment(kPayloads);
    Made other{Bytes(4096), {}};
    SegmentHeader its = header();
    its.epoch += 1;
    write_header(its, other.bytes.data());
    std::copy(made.bytes.begin() + kFramesAt, made.bytes.end(), other.bytes.begin() + kFramesAt);
    EXPECT_TRUE(walk(other.bytes).empty());
}

TEST(Segment, StopsWhereASequenceNumberIsMissing) {
    Made made = segment({"a", "b"});
    const std::uint32_t seed = write_header(header(), made.bytes.data());
    seal_frame(seed, kFirst + 2, &made.bytes[made.ends[0]], 1);
    EXPECT_EQ(walk(made.bytes), std::vector<std::string>{"a"});
}

TEST(Segment, RefusesLengthsBeyondTheSegmentOrTheLargestRecord) {
    for (const std::uint32_t length :
         {5000U, 0xffffffffU, static_cast<std::uint32_t>(kMaxRecord + 1)}) {
        Made made = segment({"a"});
        std::memcpy(&made.bytes[kFramesAt], &length, sizeof length);
        EXPECT_TRUE(walk(made.bytes).empty()) << length;
    }
}

}  // namespace
}  // namespace redirector::scan
