#include "rules/sparse_index.hpp"

#include "rules/text.hpp"

#include <algorithm>
#include <bit>
#include <limits>

namespace rules {

namespace {

const Constraint& access_of(const SparseClause& sparse) {
    return sparse.clause->constraints[sparse.access];
}

std::uint64_t bloom_of(const Constraint& constraint) {
    std::uint64_t mask = 0;
    for (const std::uint64_t key : constraint.keys)
        mask |= bloom_bit(key);
    return mask;
}

// The constraint whose Bloom word has the fewest bits rules out most candidates.
const Constraint* second_of(const SparseClause& sparse) {
    const Constraint* best = nullptr;
    int fewest = 48;
    for (const Constraint& constraint : sparse.clause->constraints) {
        if (&constraint == &access_of(sparse) || constraint.keys.empty()) continue;
        if (!constraint.prefix_lengths.empty()) continue;
        const int bits = std::popcount(bloom_of(constraint));
        if (bits >= fewest) continue;
        fewest = bits;
        best = &constraint;
    }
    return best;
}

std::size_t table_size(std::size_t entries) {
    return std::bit_ceil(entries * 3 / 2 + 1);
}

}  // namespace

SparseIndex::SparseIndex(std::span<const SparseClause> clauses) {
    if (clauses.empty()) return;
    count(clauses);
    fill(clauses);
}

// The entry of `key`, or the free one where it belongs.
SparseIndex::Entry& SparseIndex::entry(std::uint64_t key) {
    const std::size_t mask = table_.size() - 1;
    std::size_t at = key & mask;
    while (table_[at].size != 0 && table_[at].key != key)
        at = (at + 1) & mask;
    return table_[at];
}

void SparseIndex::count(std::span<const SparseClause> clauses) {
    std::size_t keys = 0;
    std::size_t entries = 0;
    for (const SparseClause& sparse : clauses)
        keys += access_of(sparse).keys.size();
    table_.resize(table_size(keys));
    for (const SparseClause& sparse : clauses) {
        const Constraint& access = access_of(sparse);
        const std::size_t word = access.slot / 64;
        if (slots_.size() <= word) slots_.resize(word + 1);
        slots_[word] |= std::uint64_t{1} << (access.slot % 64);
        for (const std::uint32_t length : access.prefix_lengths) {
            probes_.push_back({access.slot, access.folded, length});
        }
        for (const std::uint64_t key : access.keys) {
            Entry& found = entry(slot_key(access.slot, key));
            if (found.size++ == 0) {
                found.key = slot_key(access.slot, key);
                ++entries;
            }
        }
    }
    std::sort(probes_.begin(), probes_.end());
    probes_.erase(std::unique(probes_.begin(), probes_.end()), probes_.end());
    probes_.shrink_to_fit();
    std::vector<Entry> counted(table_size(entries));
    counted.swap(table_);
    std::uint32_t begin = 0;
    for (const Entry& each : counted) {
        if (each.size == 0) continue;
        entry(each.key) = {each.key, begin, each.size};
        begin += each.size;
    }
    postings_.resize(begin);
}

void SparseIndex::fill(std::span<const SparseClause> clauses) {
    for (const SparseClause& sparse : clauses) {
        const Constraint& access = access_of(sparse);
        const Constraint* const second = second_of(sparse);
        Posting posting;
        posting.rule = sparse.clause->rule;
        posting.slot = second != nullptr ? second->slot : access.slot;
        posting.mask = second != nullptr ? bloom_of(*second) : ~std::uint64_t{0};
        for (const std::uint64_t key : access.keys) {
            postings_[entry(slot_key(access.slot, key)).begin++] = posting;
        }
    }
    for (Entry& each : table_)
        each.begin -= each.size;
    slots_.shrink_to_fit();
}

void SparseIndex::search(const Program& program, const Context& context, Candidate& best) const {
    for (const Slot slot : context.touched()) {
        if (slot / 64U >= slots_.size() || ((slots_[slot / 64U] >> (slot % 64U)) & 1U) == 0)
            continue;
        const Cell& cell = context.cell(slot);
        if (cell.kind != Cell::Kind::list) {
            if (cell.hash != 0) search(program, context, slot_key(slot, cell.hash), best);
            continue;
        }
        for (const Cell& item : context.items(cell)) {
            if (item.hash != 0) search(program, context, slot_key(slot, item.hash), best);
        }
    }
    for (const PrefixProbe& probe : probes_)
        search_prefix(program, context, probe, best);
}

void SparseIndex::search_prefix(const Program& program,
                                const Context& context,
                                const PrefixProbe& probe,
                                Candidate& best) const {
    const auto search_one = [&](const Cell& text) {
        if (text.kind != Cell::Kind::text || text.size < probe.length) return;
        const std::uint64_t hash = probe.folded ? text::hash<true>(text.data, probe.length)
                                                : text::hash<false>(text.data, probe.length);
        search(program, context, slot_key(probe.slot, prefix_key(hash, probe.length)), best);
    };
    const Cell& cell = context.cell(probe.slot);
    if (cell.kind != Cell::Kind::list) return search_one(cell);
    for (const Cell& item : context.items(cell))
        search_one(item);
}

void SparseIndex::search(const Program& program,
                         const Context& context,
                         std::uint64_t key,
                         Candidate& best) const {
    const std::size_t mask = table_.size() - 1;
    std::size_t at = key & mask;
    while (table_[at].key != key) {
        if (table_[at].size == 0) return;
        at = (at + 1) & mask;
    }
    const Posting* posting = postings_.data() + table_[at].begin;
    const Posting* const end = posting + table_[at].size;
    const Cell* const cells = context.cells();
    for (; posting != end && posting->rule < best.rule; ++posting) {
        if ((cells[posting->slot].bloom & posting->mask) == 0) continue;
        const Run outcome = run(program, program.starts[posting->rule], context);
        if (outcome.verdict == Verdict::miss) continue;
        best = {posting->rule, outcome};
        return;
    }
}

std::size_t SparseIndex::memory_bytes() const {
    return table_.capacity() * sizeof(Entry) + postings_.capacity() * sizeof(Posting) +
           slots_.capacity() * sizeof(std::uint64_t) + probes_.capacity() * sizeof(PrefixProbe);
}

}  // namespace rules
