#include "qr/huffman.hpp"

#include <algorithm>
#include <array>
#include <cstddef>

namespace qr {
namespace {

constexpr std::size_t kMaxSymbols = 286;
constexpr std::size_t kMaxLength = 15;

// A symbol that occurs. Sorting by `key` sorts by frequency, then by symbol, so equal input gives
// equal codes.
struct Leaf {
    std::uint64_t key;
    [[nodiscard]] std::uint64_t frequency() const { return key >> 16; }
    [[nodiscard]] std::size_t symbol() const { return key & 0xffff; }
};

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
            if (leaf < count && (node >= made || leaves[leaf].frequency() <= weight[node])) {
                weight[made] += leaves[leaf].frequency();
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
    std::array<Leaf, kMaxSymbols> storage;
    std::size_t count = 0;
    for (std::size_t symbol = 0; symbol < frequencies.size(); ++symbol) {
        codes[symbol] = {0, 0};
        if (frequencies[symbol] != 0)
            storage[count++] = {std::uint64_t{frequencies[symbol]} << 16 | symbol};
    }
    const auto leaves = std::span(storage).first(count);
    std::sort(leaves.begin(), leaves.end(), [](Leaf a, Leaf b) { return a.key < b.key; });
    Lengths lengths;
    optimal_lengths(leaves, lengths);
    limit_lengths(count, max_length, lengths);

    std::array<std::uint32_t, kMaxLength + 2> next{};
    for (std::size_t i = 0; i < count; ++i) {
        codes[leaves[i].symbol()].length = lengths[i];
        ++next[lengths[i] + 1U];
    }
    // First code of each length: twice what follows the last code of the length below.
    std::uint32_t code = 0;
    for (std::size_t length = 1; length <= kMaxLength; ++length) {
        code = (code + next[length]) << 1;
        next[length] = code;
    }
    for (Code& entry : codes)
        if (entry.length != 0) entry.bits = reversed(next[entry.length]++, entry.length);
}

}  // namespace qr
