// Bitmaps: AND of many rows of bits, 512 at a time, up to the first block that keeps any.
// Shape:   a row is an array of blocks; every row of a search has the same number of them.
// Threads: pure. The kernel (AVX-512, AVX2 or portable) is chosen once, by what the processor has.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace rules {

struct alignas(64) Block {
    static constexpr std::size_t kBits = 512;

    std::array<std::uint64_t, 8> words{};

    void set(std::size_t bit) { words[bit / 64] |= std::uint64_t{1} << (bit % 64); }
    void clear(std::size_t bit) { words[bit / 64] &= ~(std::uint64_t{1} << (bit % 64)); }
};

/// The rows of one search: all of `singles`, and of each alternative at least one, must have a bit.
/// Bounded, so that it lives on the stack; rows that do not fit are left out by the caller, which
/// keeps more bits, never fewer.
class RowSelection {
  public:
    static constexpr std::size_t kMaxRows = 96;

    /// False: no room, nothing was added.
    bool add(const Block* row) {
        if (rows_ == kMaxRows) return false;
        singles_[rows_++] = row;
        return true;
    }
    /// Rows of which one suffices; 2 or more. Call after every add().
    bool add_alternatives(std::span<const Block* const> rows);

    [[nodiscard]] std::span<const Block* const> singles() const { return {singles_.data(), rows_}; }
    /// Rows of all alternatives, group after group; ends() tells where each group ends.
    [[nodiscard]] std::span<const Block* const> alternatives() const {
        return {alternatives_.data(), alternative_rows_};
    }
    [[nodiscard]] std::span<const std::uint32_t> ends() const { return {ends_.data(), groups_}; }

  private:
    std::array<const Block*, kMaxRows> singles_;
    std::array<const Block*, kMaxRows> alternatives_;
    std::array<std::uint32_t, kMaxRows / 2> ends_;
    std::size_t rows_ = 0;
    std::size_t alternative_rows_ = 0;
    std::size_t groups_ = 0;
};

/// The first block in [begin, end) in which some bit survives, its bits in `survivors`; or `end`.
using FindSurvivors = std::size_t (*)(const RowSelection& rows,
                                      std::size_t begin,
                                      std::size_t end,
                                      Block& survivors);

/// The kernel for this processor.
[[nodiscard]] FindSurvivors find_survivors();

/// A kernel by name, for tests and measurements; only those that this processor can run.
struct NamedKernel {
    const char* name;
    FindSurvivors find;
};
[[nodiscard]] std::vector<NamedKernel> survivor_kernels();

}  // namespace rules
