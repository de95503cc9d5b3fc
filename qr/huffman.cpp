#include "qr/huffman.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <utility>

namespace qr {
namespace {

constexpr std::size_t kMaxSymbols = 286;
constexpr std::size_t kMaxLength = 15;

// A symbol that occurs.
struct Leaf {
    std::uint32_t frequency;
    std::uint32_t symbol;
};

// Sorts leaves, which come by symbol, by frequency and then by symbol. Nearly all frequencies are
// small, and are sorted by counting.
void sort_leaves(std::span<const Leaf> from, std::span<Leaf> to) {
    constexpr std::uint32_t buckets = 64;
    std::array<std::uint32_t, buckets + 1> begin{};
    const auto bucket = [](const Leaf& leaf) { return std::min(leaf.frequency, buckets - 1); };
    for (const Leaf& leaf : from)
        ++begin[bucket(leaf) + 1];
    for (std::size_t i = 1; i <= buckets; ++i)
        begin[i] += begin[i - 1];
    const auto last_bucket = static_cast<std::ptrdiff_t>(begin[buckets - 1]);
    for (const Leaf& leaf : from)
        to[begin[bucket(leaf)]++] = leaf;
    std::sort(to.begin() + last_bucket, to.end(), [](const Leaf& left, const Leaf& right) {
        return std::pair(left.frequency, left.symbol) < std::pair(right.frequency, right.symbol);
    });
}

using Lengths = std::array<std::uint8_t, kMaxSymbols>;

// Code lengths of leaves sorted by rising frequency. Nodes are made in rising order of weight too,
// so the two lightest of all are always at the heads of two queues: leaves not yet used, and nodes
// not yet used.
void optimal_lengths(std::span<const Leaf> leaves, Lengths& lengths) {
    const std::size_t count = leaves.size();
    if (count < 2) {
        lengths[0] = 1;
        return;
    }
    std::array<std::uint64_t, kMaxSymbols> weight;
    std::array<std::uint16_t, kMaxSymbols> parent_of_node;
    std::array<std::uint16_t, kMaxSymbols> parent_of_leaf;
    std::size_t leaf = 0;
    std::size_t node = 0;
    for (std::size_t made = 0; made + 1 < count; ++made) {
        weight[made] = 0;
        for (int child = 0; child < 2; ++child) {
            if (leaf < count && (node >= made || leaves[leaf].frequency <= weight[node])) {
                weight[made] += leaves[leaf].frequency;
                parent_of_leaf[leaf++] = static_cast<std::uint16_t>(made);
            } else {
                weight[made] += weight[node];
                parent_of_node[node++] = static_cast<std::uint16_t>(made);
            }
        }
    }
    std::array<std::uint8_t, kMaxSymbols> depth;
    depth[count - 2] = 0;
    for (std::size_t i = count - 2; i-- > 0;)
        depth[i] = static_cast<std::uint8_t>(depth[parent_of_node[i]] + 1);
    for (std::size_t i = 0; i < count; ++i)
        lengths[i] = static_cast<std::uint8_t>(depth[parent_of_leaf[i]] + 1);
}

// Cuts lengths (falling, as leaves rise in frequency) to the limit. Room is counted in codes of the
// limit's length. The longest codes that may still grow do so first, which costs the fewest bits;
// what that leaves free goes to the most frequent symbols that can use it, since readers refuse a
// code with gaps.
void limit_lengths(std::size_t count, int max_length, Lengths& lengths) {
    const auto limit = static_cast<std::uint8_t>(max_length);
    if (lengths[0] <= limit) return;
    const std::uint32_t room = 1U << limit;
    const auto taken = [&](std::size_t i) { return 1U << (limit - lengths[i]); };
    std::uint32_t used = 0;
    for (std::size_t i = 0; i < count; ++i) {
        lengths[i] = std::min(lengths[i], limit);
        used += taken(i);
    }
    for (std::size_t i = 0; used > room;) {
        while (lengths[i] == limit)
            ++i;
        ++lengths[i];
        used -= taken(i);
    }
    for (std::size_t i = count; i-- > 0;)
        while (used + taken(i) <= room) {
            used += taken(i);
            --lengths[i];
        }
}

// The low `length` (1 to 15) bits of `code` in the other order: neighbours change places, then
// pairs, fours and bytes of all sixteen.
std::uint16_t reversed(std::uint32_t code, int length) {
    code = (code & 0x5555) << 1 | (code >> 1 & 0x5555);
    code = (code & 0x3333) << 2 | (code >> 2 & 0x3333);
    code = (code & 0x0f0f) << 4 | (code >> 4 & 0x0f0f);
    code = (code & 0x00ff) << 8 | code >> 8;
    return static_cast<std::uint16_t>(code >> (16 - length));
}

}  // namespace

void make_codes(std::span<const std::uint32_t> frequencies, int max_length, std::span<Code> codes) {
    std::array<Leaf, kMaxSymbols + 1> by_symbol;
    std::array<Leaf, kMaxSymbols> by_frequency;
    std::size_t count = 0;
    for (std::size_t symbol = 0; symbol < frequencies.size(); ++symbol) {
        codes[symbol] = {0, 0};
        by_symbol[count] = {frequencies[symbol], static_cast<std::uint32_t>(symbol)};
        count += frequencies[symbol] != 0 ? 1 : 0;  // else the next one takes its place
    }
    const auto leaves = std::span(by_frequency).first(count);
    sort_leaves(std::span(by_symbol).first(count), leaves);
    Lengths lengths;
    optimal_lengths(leaves, lengths);
    limit_lengths(count, max_length, lengths);

    std::array<std::uint32_t, kMaxLength + 2> next{};
    for (std::size_t i = 0; i < count; ++i) {
        codes[leaves[i].symbol].length = lengths[i];
        ++next[lengths[i] + 1U];
    }
    // First code of each length: twice what follows the last code of the length below.
    std::uint32_t code = 0;
    for (std::size_t length = 1; length <= kMaxLength; ++length) {
        code = (code + next[length]) << 1;
        next[length] = code;
    }
    for (std::size_t i = 0; i < count; ++i) {
        Code& entry = codes[by_symbol[i].symbol];
        entry.bits = reversed(next[entry.length]++, entry.length);
    }
}

}  // namespace qr
