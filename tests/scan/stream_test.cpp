#include "redirector/scan/stream.hpp"

#include "redirector/scan/partition_merge.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <random>
#include <set>
#include <string>
#include <vector>

namespace redirector::scan {
namespace {

constexpr std::uint64_t kMaxMs = (1ULL << 48) - 1;
constexpr std::uint64_t kMaxSeq = std::numeric_limits<std::uint64_t>::max();

// ---- ids

TEST(ActionId, HasTheDocumentedForm) {
    EXPECT_EQ(action_id({}), "U" + std::string(23, 'a'));
    EXPECT_EQ(action_id({0, {0, 0}, 1}), "U" + std::string(22, 'a') + "b");
    EXPECT_EQ(action_id({3, {1'700'000'000'000, 2}, 5}), "Uabd3W30TshMNcUVVQey0HMf");
}

TEST(ActionId, IsInvertedForEveryExtreme) {
    for (const unsigned bucket : {0U, 7U, 15U})
        for (const std::uint64_t ms : {std::uint64_t{0}, std::uint64_t{1'700'000'000'000}, kMaxMs})
            for (const std::uint64_t seq : {std::uint64_t{0}, std::uint64_t{9}, kMaxSeq})
                for (const unsigned index : {0U, 15U, 1023U}) {
                    const Position position{bucket, {ms, seq}, index};
                    const std::string id = action_id(position);
                    EXPECT_EQ(id.size(), kIdLength);
                    EXPECT_EQ(id[0], 'U');
                    EXPECT_EQ(id.find_first_not_of(kIdAlphabet), id.npos);
                    EXPECT_EQ(parse_action_id(id), position);
                }
}

TEST(ActionId, IsRefusedWhenItCannotBeOne) {
    for (const std::string& text :
         {std::string(), std::string("U"), std::string(24, 'a'), "U" + std::string(24, 'a'),
          "U" + std::string(22, 'a') + "l", "U" + std::string(22, 'a') + "\xc3",
          "U" + std::string(23, '9'), "U" + std::string(22, 'a') + "-"})
        EXPECT_FALSE(parse_action_id(text)) << text;
}

TEST(ActionId, BeyondTheLargestPositionIsRefused) {
    std::string id = action_id({15, {kMaxMs, kMaxSeq}, 1023});
    ASSERT_TRUE(parse_action_id(id));
    // Add one in base 50.
    for (std::size_t at = id.size() - 1;; --at) {
        const std::size_t digit = kIdAlphabet.find(id[at]);
        id[at] = kIdAlphabet[(digit + 1) % kIdAlphabet.size()];
        if (digit + 1 < kIdAlphabet.size()) break;
    }
    EXPECT_FALSE(parse_action_id(id));
}

TEST(StreamId, IsReadAndWritten) {
    EXPECT_EQ(to_string(StreamId{17, 3}), "17-3");
    EXPECT_EQ(parse_stream_id("17-3"), (StreamId{17, 3}));
    for (const char* text :
         {"", "17", "17-", "-3", "17-3 ", "a-3", "17-3-1", "99999999999999999999-0"})
        EXPECT_FALSE(parse_stream_id(text)) << text;
}

// ---- entries

TEST(Entry, GivesBackItsRecords) {
    std::string entry;
    std::vector<std::vector<std::uint8_t>> records;
    for (const std::size_t size : {0U, 1U, 127U, 128U, 300U, 20'000U}) {
        records.emplace_back(size, static_cast<std::uint8_t>(size));
        pack(entry, records.back());
    }
    const auto back = unpack(entry);
    ASSERT_TRUE(back);
    ASSERT_EQ(back->size(), records.size());
    for (std::size_t i = 0; i < records.size(); ++i)
        EXPECT_TRUE(
            std::equal(records[i].begin(), records[i].end(), (*back)[i].begin(), (*back)[i].end()));
}

TEST(Entry, IsRefusedWhenCutOrTooFull) {
    std::string entry;
    pack(entry, std::vector<std::uint8_t>(300));
    for (std::size_t size = 1; size < entry.size(); ++size)
        EXPECT_FALSE(unpack(std::string_view(entry).substr(0, size))) << size;
    EXPECT_TRUE(unpack(std::string(kMaxRecordsPerEntry, '\0')));
    EXPECT_FALSE(unpack(std::string(kMaxRecordsPerEntry + 1, '\0')));
    EXPECT_FALSE(unpack("\xff\xff\xff\x01"));
}

// ---- lists

// Streams in memory, oldest first, answering as XREVRANGE and XRANGE do.
struct Streams {
    std::vector<FetchedEntry> of[kBuckets];
    Order order = Order::newest_first;

    bool is_wanted(const PartitionMerge::From& from, StreamId id) const {
        if (id == from.id) return !from.behind;
        return order == Order::newest_first ? id < from.id : from.id < id;
    }
    void answer(PartitionMerge& list, const PartitionMerge::Fetch& fetch, std::size_t count) const {
        std::vector<FetchedEntry> all = of[fetch.bucket];
        if (order == Order::newest_first) std::reverse(all.begin(), all.end());
        std::vector<FetchedEntry> found;
        for (const FetchedEntry& entry : all)
            if (found.size() < count && is_wanted(fetch.from, entry.id)) found.push_back(entry);
        list.fetched(fetch.bucket, found, found.size() < count);
    }
    // Everything in the order of the list, by sorting.
    std::vector<Position> sorted() const {
        std::vector<Position> all;
        for (unsigned bucket = 0; bucket < kBuckets; ++bucket)
            for (const FetchedEntry& entry : of[bucket])
                for (unsigned index = 0; index < entry.records; ++index)
                    all.push_back({bucket, entry.id, index});
        std::sort(all.begin(), all.end(), [](const Position& a, const Position& b) {
            if (a.entry.ms != b.entry.ms) return a.entry.ms > b.entry.ms;
            if (a.bucket != b.bucket) return a.bucket < b.bucket;
            if (a.entry.seq != b.entry.seq) return a.entry.seq > b.entry.seq;
            return a.index > b.index;
        });
        if (order == Order::oldest_first) std::reverse(all.begin(), all.end());
        return all;
    }
};

Streams random_streams(unsigned seed, Order order) {
    std::minstd_rand random(seed);
    Streams streams;
    streams.order = order;
    for (auto& stream : streams.of) {
        StreamId id{100, 0};
        for (std::size_t n = random() % 12; n > 0; --n) {
            id.ms += random() % 3;
            id.seq = random() % 2 == 0 && !stream.empty() && stream.back().id.ms == id.ms
                         ? stream.back().id.seq + 1
                     : stream.empty() || stream.back().id.ms < id.ms ? 0
                                                                     : stream.back().id.seq + 2;
            stream.push_back({id, 1 + static_cast<unsigned>(random() % 4)});
        }
    }
    return streams;
}

std::vector<Position> page(const Streams& streams,
                           std::optional<Position> after,
                           std::size_t size,
                           std::size_t count) {
    PartitionMerge list(streams.order, after);
    std::vector<Position> out;
    while (out.size() < size) {
        for (const auto& fetch : list.wanted())
            streams.answer(list, fetch, count);
        const auto next = list.next();
        if (!next && list.wanted().empty()) break;
        if (next) out.push_back(*next);
    }
    return out;
}

class ActionLists : public ::testing::TestWithParam<Order> {};

TEST_P(ActionLists, AgreeWithSortingEverything) {
    for (unsigned seed = 1; seed <= 40; ++seed) {
        const Streams streams = random_streams(seed, GetParam());
        const auto all = streams.sorted();
        for (const std::size_t count : {1U, 2U, 5U, 100U})
            EXPECT_EQ(page(streams, std::nullopt, all.size() + 1, count), all)
                << "seed " << seed << " fetching " << count;
    }
}

TEST_P(ActionLists, HavePagesThatFitTogetherAtEveryCut) {
    const Streams streams = random_streams(7, GetParam());
    const auto all = streams.sorted();
    for (std::size_t size = 1; size <= 9; ++size) {
        std::vector<Position> together;
        std::optional<Position> after;
        for (;;) {
            const auto one = page(streams, after, size, 3);
            if (one.empty()) break;
            together.insert(together.end(), one.begin(), one.end());
            after = parse_action_id(action_id(one.back()));
        }
        EXPECT_EQ(together, all) << "pages of " << size;
    }
}

TEST_P(ActionLists, AreNotMovedByNewActions) {
    Streams streams = random_streams(11, GetParam());
    const auto all = streams.sorted();
    const auto first = page(streams, std::nullopt, 5, 3);
    for (auto& stream : streams.of)
        stream.push_back({{500, 0}, 2});
    const auto second = page(streams, first.back(), 5, 3);
    EXPECT_TRUE(std::equal(second.begin(), second.end(), all.begin() + 5));
}

INSTANTIATE_TEST_SUITE_P(Orders,
                         ActionLists,
                         ::testing::Values(Order::newest_first, Order::oldest_first));

TEST(PartitionMerge, OfNothingEndsAtOnce) {
    EXPECT_TRUE(page(Streams{}, std::nullopt, 10, 10).empty());
}

TEST(PartitionMerge, AsksForNothingWhileItHasEnough) {
    PartitionMerge list;
    EXPECT_EQ(list.wanted().size(), kBuckets);
    EXPECT_FALSE(list.next()) << "before anything was fetched";
    const FetchedEntry entry{{100, 0}, 2};
    list.fetched(0, {&entry, 1}, false);
    for (unsigned bucket = 1; bucket < kBuckets; ++bucket)
        list.fetched(bucket, {}, true);
    EXPECT_TRUE(list.wanted().empty());
    EXPECT_EQ(list.next(), (Position{0, {100, 0}, 1}));
    EXPECT_EQ(list.next(), (Position{0, {100, 0}, 0}));
    ASSERT_EQ(list.wanted().size(), 1U);
    EXPECT_EQ(list.wanted()[0].from.id, (StreamId{100, 0}));
    EXPECT_TRUE(list.wanted()[0].from.behind);
}

}  // namespace
}  // namespace redirector::scan
