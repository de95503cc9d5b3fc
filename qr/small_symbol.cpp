#include "qr/small_symbol.hpp"

#include "qr/codewords.hpp"
#include "qr/mask_penalty.hpp"
#include "qr/patterns.hpp"
#include "qr/reed_solomon.hpp"

#include <algorithm>
#include <array>
#include <memory>
#include <mutex>
#include <vector>

namespace qr {
namespace {

constexpr std::size_t kLevels = 4;
constexpr std::size_t kMaxCodewords = 136;  // data codewords of version 6-L

// ISO/IEC 18004:2015 Table 9: blocks, and error correction codewords of each block, at levels L, M,
// Q, H.
struct Blocks {
    std::size_t count;
    std::size_t correction;
};
constexpr std::array<std::array<Blocks, kLevels>, kMaxSmallVersion> kBlocks{{
    {{{1, 7}, {1, 10}, {1, 13}, {1, 17}}},
    {{{1, 10}, {1, 16}, {1, 22}, {1, 28}}},
    {{{1, 15}, {1, 26}, {2, 18}, {2, 22}}},
    {{{1, 20}, {2, 18}, {2, 26}, {4, 16}}},
    {{{1, 26}, {2, 24}, {4, 18}, {4, 22}}},
    {{{2, 18}, {4, 16}, {4, 24}, {4, 28}}},
}};

// All codewords in the order in which they are placed: the blocks' first data codewords, their
// second ones, and so on, then the correction codewords likewise (7.6). Later blocks may have one
// data codeword more.
std::vector<std::uint8_t> interleaved(const std::vector<std::uint8_t>& data, const Blocks& blocks) {
    const std::size_t shorter = data.size() / blocks.count;
    const std::size_t longer_blocks = data.size() % blocks.count;
    std::vector<std::span<const std::uint8_t>> parts;
    std::vector<std::vector<std::uint8_t>> corrections;
    for (std::size_t block = 0, at = 0; block < blocks.count; ++block) {
        const bool longer = block + longer_blocks >= blocks.count;
        const std::size_t length = shorter + (longer ? 1 : 0);
        parts.push_back(std::span(data).subspan(at, length));
        corrections.emplace_back(blocks.correction);
        correct(parts.back(), corrections.back());
        at += length;
    }
    std::vector<std::uint8_t> codewords;
    for (std::size_t i = 0; i <= shorter; ++i)
        for (const auto& part : parts)
            if (i < part.size()) codewords.push_back(part[i]);
    for (std::size_t i = 0; i < blocks.correction; ++i)
        for (const auto& correction : corrections)
            codewords.push_back(correction[i]);
    return codewords;
}

// Everything about one version and level. Word is wide enough for a row.
template <class Word>
class Tables {
  public:
    Tables(int version, Level level);

    [[nodiscard]] Symbol encode(std::span<const std::uint8_t> data, std::optional<int> mask) const;

  private:
    static constexpr std::size_t kRows = sizeof(Word) == 4 ? 32 : 48;
    struct alignas(32) Grid {
        std::array<Word, kRows> rows{};
    };

    Grid& cell(std::size_t place, std::size_t half) { return cells_[place * 16 + half]; }

    EightGrids<Word> empty_;  // fixed patterns, format information and the mask itself, per mask
    // [place * 16 + h]: half byte h at that place; place 0 is the first high half.
    std::vector<Grid> cells_;
    int width_;
};

template <class Word>
Tables<Word>::Tables(int version, Level level)
    : cells_(data_bits(version, level) / 4 * 16), width_(symbol_width(version)) {
    const auto modules = data_modules(version);
    empty_.width = width_;
    for (int mask = 0; mask < kMasks; ++mask) {
        Symbol symbol = fixed_patterns(version, level, mask);
        for (const Module& module : modules)
            if (inverts(mask, module)) symbol.set_dark(module.x, module.y);
        for (int y = 0; y < width_; ++y)
            empty_.rows[static_cast<std::size_t>(y)][mask] = static_cast<Word>(symbol.row(y));
    }
    const std::size_t places = cells_.size() / 16;
    const Blocks& blocks =
        kBlocks[static_cast<std::size_t>(version - 1)][static_cast<std::size_t>(level)];
    for (std::size_t place = 0; place < places; ++place) {
        for (std::size_t bit = 0; bit < 4; ++bit) {
            std::vector<std::uint8_t> data(places / 2, 0);
            data[place / 2] = static_cast<std::uint8_t>(1U << bit << (place % 2 == 0 ? 4 : 0));
            const auto codewords = interleaved(data, blocks);
            Grid& grid = cell(place, std::size_t{1} << bit);
            for (std::size_t i = 0; i < codewords.size() * 8; ++i) {
                const auto& [x, y] = modules[i];
                const Word dark = codewords[i / 8] >> (7 - i % 8) & 1;
                grid.rows[static_cast<std::size_t>(y)] |= dark << x;
            }
        }
        for (std::size_t half = 3; half < 16; ++half) {
            const std::size_t lowest = half & (~half + 1);
            if (lowest == half) continue;
            for (std::size_t y = 0; y < kRows; ++y)
                cell(place, half).rows[y] =
                    cell(place, lowest).rows[y] ^ cell(place, half - lowest).rows[y];
        }
    }
}

template <class Word>
Symbol Tables<Word>::encode(std::span<const std::uint8_t> data, std::optional<int> mask) const {
    Grid sum;
    const Grid* row = cells_.data();
    for (const std::uint8_t byte : data) {
        const Grid& high = row[byte >> 4];
        const Grid& low = row[16 + (byte & 15)];
        for (std::size_t y = 0; y < kRows; ++y)
            sum.rows[y] ^= high.rows[y] ^ low.rows[y];
        row += 32;
    }
    EightGrids<Word> grids;
    grids.width = width_;
    const auto height = static_cast<std::size_t>(width_);
    for (std::size_t y = 0; y < height; ++y)
        grids.rows[y] = empty_.rows[y] ^ sum.rows[y];
    if (!mask) {
        const auto points = mask_penalties(grids);
        mask = static_cast<int>(std::min_element(points.begin(), points.end()) - points.begin());
    }
    Symbol symbol(width_, width_);
    for (std::size_t y = 0; y < height; ++y)
        symbol.set_row(static_cast<int>(y), grids.rows[y][*mask]);
    return symbol;
}

// The tables of a version and level, made by whoever needs them first.
template <class Word>
const Tables<Word>& tables(int version, Level level) {
    struct Slot {
        std::once_flag once;
        std::unique_ptr<const Tables<Word>> tables;
    };
    static std::array<Slot, kMaxSmallVersion * kLevels> slots;
    Slot& slot =
        slots[static_cast<std::size_t>(version - 1) * kLevels + static_cast<std::size_t>(level)];
    std::call_once(slot.once,
                   [&] { slot.tables = std::make_unique<const Tables<Word>>(version, level); });
    return *slot.tables;
}

}  // namespace

Symbol encode_small(std::string_view text,
                    const Payload& payload,
                    Level level,
                    std::optional<int> mask) {
    constexpr int widest_in_32_bits = 3;
    std::array<std::uint8_t, kMaxCodewords> buffer;
    const auto data = std::span(buffer).first(data_bits(payload.version, level) / 8);
    write_codewords(text, payload, data);
    if (payload.version <= widest_in_32_bits)
        return tables<std::uint32_t>(payload.version, level).encode(data, mask);
    return tables<std::uint64_t>(payload.version, level).encode(data, mask);
}

}  // namespace qr
