#include "qr/small_symbol.hpp"

#include "qr/codewords.hpp"
#include "qr/mask_penalty.hpp"
#include "qr/patterns.hpp"
#include "qr/reed_solomon.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <memory>
#include <mutex>
#include <span>
#include <tuple>
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

        // Sets the modules of a codeword dark whose bits are, the highest first.
        void add(unsigned codeword, std::span<const Module> modules) {
            for (unsigned i = 0; i < 8; ++i)
                rows[static_cast<std::size_t>(modules[i].y)] |=
                    static_cast<Word>(codeword >> (7 - i) & 1) << modules[i].x;
        }
    };

    void fill_single_bits(const Blocks& blocks, std::span<const Module> modules);
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
    fill_single_bits(
        kBlocks[static_cast<std::size_t>(version - 1)][static_cast<std::size_t>(level)], modules);
    for (std::size_t place = 0; place < cells_.size() / 16; ++place)
        for (std::size_t half = 3; half < 16; ++half) {
            const std::size_t lowest = half & (~half + 1);
            if (lowest == half) continue;
            for (std::size_t y = 0; y < kRows; ++y)
                cell(place, half).rows[y] =
                    cell(place, lowest).rows[y] ^ cell(place, half - lowest).rows[y];
        }
}

// A data codeword of one bit: its own modules, and those of its block's correction codewords, which
// are x times those of the codeword behind it. Codewords are placed in turn: the blocks' first,
// their second ones, and so on, then the correction codewords likewise (7.6). Later blocks may have
// one data codeword more.
template <class Word>
void Tables<Word>::fill_single_bits(const Blocks& blocks, std::span<const Module> modules) {
    const std::size_t bytes = cells_.size() / 32;
    const std::size_t shorter = bytes / blocks.count;
    const std::size_t shorter_blocks = blocks.count - bytes % blocks.count;
    const Generator generator(blocks.correction);
    for (std::size_t block = 0, begin = 0; block < blocks.count; ++block) {
        const bool longer = block >= shorter_blocks;
        const std::size_t length = shorter + (longer ? 1 : 0);
        std::vector<std::uint8_t> remainder(blocks.correction, 0);
        for (std::size_t i = length; i-- > 0;) {
            generator.divide(i + 1 == length ? 1 : 0, remainder);
            const std::size_t turn = i < shorter ? block : block - shorter_blocks;
            auto correction = remainder;
            for (unsigned bit = 0; bit < 8; ++bit) {
                Grid& grid = cell(2 * (begin + i) + (bit < 4 ? 1 : 0), std::size_t{1} << bit % 4);
                grid.add(1U << bit, modules.subspan((i * blocks.count + turn) * 8, 8));
                for (std::size_t k = 0; k < blocks.correction; ++k) {
                    grid.add(correction[k],
                             modules.subspan((bytes + k * blocks.count + block) * 8, 8));
                    correction[k] = doubled(correction[k]);
                }
            }
        }
        begin += length;
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
class LazyTables {
  public:
    template <class Word>
    const Tables<Word>& get(int version, Level level) {
        auto& tables = std::get<std::unique_ptr<const Tables<Word>>>(of_width_);
        std::call_once(once_, [&] {
            tables = std::make_unique<const Tables<Word>>(version, level);
            made_.store(true, std::memory_order_release);
        });
        return *tables;
    }
    bool made() const { return made_.load(std::memory_order_acquire); }

  private:
    std::once_flag once_;
    std::atomic<bool> made_{false};
    std::tuple<std::unique_ptr<const Tables<std::uint32_t>>,
               std::unique_ptr<const Tables<std::uint64_t>>>
        of_width_;  // one of them
};

LazyTables& tables_of(int version, Level level) {
    static std::array<LazyTables, kMaxSmallVersion * kLevels> all;
    return all[static_cast<std::size_t>(version - 1) * kLevels + static_cast<std::size_t>(level)];
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
    LazyTables& tables = tables_of(payload.version, level);
    if (payload.version <= widest_in_32_bits)
        return tables.get<std::uint32_t>(payload.version, level).encode(data, mask);
    return tables.get<std::uint64_t>(payload.version, level).encode(data, mask);
}

bool has_tables(int version, Level level) {
    return tables_of(version, level).made();
}

}  // namespace qr
