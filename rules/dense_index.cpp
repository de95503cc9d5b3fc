#include "rules/dense_index.hpp"

#include "rules/text.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <utility>

namespace rules {

const Block* DenseIndex::row_of(const Table& table, const Cell& cell) const {
    if (table.cuts) {
        if (!cell.is_number()) return row(table.free_row);
        return row(table.free_row + 1 +
                   region_of({cuts_.data() + table.begin, table.size}, cell.real));
    }
    const Entry* const entries = entries_.data() + table.begin;
    const std::size_t mask = table.size - 1;
    for (std::size_t at = cell.hash & mask; entries[at].row != 0; at = (at + 1) & mask) {
        if (entries[at].key == cell.hash) return row(entries[at].row);
    }
    return row(table.free_row);
}

// Items that no clause names admit the free clauses, which every item's row includes.
void DenseIndex::select_any_item(const Table& table,
                                 const Context& context,
                                 RowSelection& rows) const {
    std::array<const Block*, RowSelection::kMaxRows> found;
    std::size_t count = 0;
    const Block* const free_row = row(table.free_row);
    for (const Cell& item : context.items(context.cell(table.slot))) {
        const Block* const admitted = row_of(table, item);
        if (admitted == free_row) continue;
        if (count == found.size()) return;
        found[count++] = admitted;
    }
    if (count > 1) {
        rows.add_alternatives({found.data(), count});
    } else {
        rows.add(count == 1 ? found[0] : free_row);
    }
}

void DenseIndex::select(const Table& table, const Context& context, RowSelection& rows) const {
    const Cell& cell = context.cell(table.slot);
    if (cell.kind == Cell::Kind::list) return select_any_item(table, context, rows);
    rows.add(row_of(table, cell));
}

void DenseIndex::search(const Program& program, const Context& context, Candidate& best) const {
    if (rules_.empty()) return;
    RowSelection selection;
    selection.add(row(0));
    for (const Table& table : tables_)
        select(table, context, selection);
    const FindSurvivors find = find_survivors();
    Block survivors;
    for (std::size_t block = 0; block < blocks_; ++block) {
        if (rules_[block * Block::kBits] >= best.rule) return;
        block = find(selection, block, blocks_, survivors);
        if (block == blocks_ || try_survivors(survivors, block, program, context, best)) return;
    }
}

// True when the search is over: a rule did not miss, or the next one comes after the best.
bool DenseIndex::try_survivors(const Block& survivors,
                               std::size_t block,
                               const Program& program,
                               const Context& context,
                               Candidate& best) const {
    for (std::size_t word = 0; word < survivors.words.size(); ++word) {
        for (std::uint64_t bits = survivors.words[word]; bits != 0; bits &= bits - 1) {
            const auto bit = static_cast<std::size_t>(std::countr_zero(bits));
            const std::uint32_t rule = rules_[block * Block::kBits + word * 64 + bit];
            if (rule >= best.rule) return true;
            const Run outcome = run(program, program.starts[rule], context);
            if (outcome.verdict == Verdict::miss) continue;
            best = {rule, outcome};
            return true;
        }
    }
    return false;
}

std::size_t DenseIndex::memory_bytes() const {
    return rules_.capacity() * sizeof(std::uint32_t) + tables_.capacity() * sizeof(Table) +
           entries_.capacity() * sizeof(Entry) + cuts_.capacity() * sizeof(double) +
           rows_.capacity() * sizeof(Block);
}

}  // namespace rules
