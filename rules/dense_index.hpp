// Dense index: clauses without a rare value are numbered compactly, and each (slot, value) has the
// bitmap of the clauses that it admits, clauses that do not ask for the slot included. A search
// ANDs one bitmap per slot (rules/bitmap.hpp) and runs the code of the clauses that survive, in
// order. Shape:   at most kMaxTables slots and kMaxRows bitmaps; values beyond them do not narrow.
// Threads: immutable once built.
#pragma once

#include "rules/bitmap.hpp"
#include "rules/clause.hpp"
#include "rules/context.hpp"
#include "rules/evaluate.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace rules {

/// The elementary interval of `value` among ascending cuts: 2i below cut i and above cut i-1, 2i+1
/// at cut i. Never decreases as `value` grows.
[[nodiscard]] inline std::uint32_t region_of(std::span<const double> cuts, double value) {
    const auto at = std::lower_bound(cuts.begin(), cuts.end(), value);
    const auto below = static_cast<std::uint32_t>(at - cuts.begin());
    return 2 * below + (at != cuts.end() && *at == value ? 1 : 0);
}

class DenseIndex {
  public:
    static constexpr std::size_t kMaxTables = 24;
    static constexpr std::size_t kMaxRows = 1024;
    static constexpr std::size_t kMaxCuts = 128;  ///< of one number slot; coarser beyond

    DenseIndex() = default;
    /// `clauses` in rule order.
    explicit DenseIndex(std::span<const Clause* const> clauses);

    /// Puts the first rule that matches, if it comes before `best.rule`, into `best`.
    void search(const Program& program, const Context& context, Candidate& best) const;

    [[nodiscard]] std::size_t memory_bytes() const;

  private:
    class Builder;

    struct Entry {
        std::uint64_t key = 0;
        std::uint32_t row = 0;  ///< 0: no entry
    };

    /// One slot. With keys: `free_row` is what a value without entry admits. With cuts: rows follow
    /// free_row, one for each elementary interval: below the first cut, at it, above it, ...
    struct Table {
        Slot slot = 0;
        std::uint32_t free_row = 0;
        std::uint32_t begin = 0;  ///< into entries_ or cuts_
        std::uint32_t size = 0;   ///< entries (a power of two), or cuts
        bool cuts = false;
    };

    void select(const Table& table, const Context& context, RowSelection& rows) const;
    void select_any_item(const Table& table, const Context& context, RowSelection& rows) const;
    bool try_survivors(const Block& survivors,
                       std::size_t block,
                       const Program& program,
                       const Context& context,
                       Candidate& best) const;
    [[nodiscard]] const Block* row_of(const Table& table, const Cell& cell) const;
    [[nodiscard]] const Block* row(std::uint32_t number) const {
        return rows_.data() + std::size_t{number} * blocks_;
    }

    std::vector<std::uint32_t> rules_;  ///< clause -> rule, ascending
    std::size_t blocks_ = 0;            ///< of a row
    std::vector<Table> tables_;
    std::vector<Entry> entries_;
    std::vector<double> cuts_;
    std::vector<Block> rows_;
};

}  // namespace rules
