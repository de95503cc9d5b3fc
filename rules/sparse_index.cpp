#include "rules/sparse_index.hpp"

#include "rules/text.hpp"

#include <algorithm>
#include <bit>
#include <utility>

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

// As 16 bits: each stands for four of the 64.
constexpr std::uint16_t narrow(std::uint64_t bloom) {
    bloom |= bloom >> 32;
    return static_cast<std::uint16_t>(bloom | (bloom >> 16));
}

// The two constraints beside the access whose Bloom words rule out most candidates: those with the
// fewest bits. Null where there is none that rules out enough.
struct Others {
    const Constraint* second = nullptr;
    const Constraint* third = nullptr;
};

Others others_of(const SparseClause& sparse) {
    Others others;
    int fewest = 48;
    int next_fewest = 48;
    for (const Constraint& constraint : sparse.clause->constraints) {
        if (&constraint == &access_of(sparse) || constraint.keys.empty()) continue;
        if (!constraint.prefix_lengths.empty()) continue;
        const int bits = std::popcount(bloom_of(constraint));
        if (bits < fewest) {
            others = {&constraint, others.second};
            next_fewest = std::exchange(fewest, bits);
        } else if (bits < next_fewest) {
            others.third = &constraint;
            next_fewest = bits;
        }
    }
    return others;
}

std::size_t table_size(std::size_t entries) {
    return std::bit_ceil(entries * 3 / 2 + 1);
}

}  // namespace

SparseIndex::SparseIndex(std::span<const SparseClause> clauses) {
    if (clauses.empty()) return;
    add_slots(clauses);
    reserve(clauses);
    fill(clauses);
}

void SparseIndex::add_slots(std::span<const SparseClause> clauses) {
    for (const SparseClause& sparse : clauses) {
        const Constraint& access = access_of(sparse);
        const std::size_t word = access.slot / 64;
        if (slots_.size() <= word) slots_.resize(word + 1);
        slots_[word] |= std::uint64_t{1} << (access.slot % 64);
        for (const std::uint32_t length : access.prefix_lengths) {
            probes_.push_back({access.slot, access.folded, length});
        }
    }
    std::sort(probes_.begin(), probes_.end());
    probes_.erase(std::unique(probes_.begin(), probes_.end()), probes_.end());
    probes_.shrink_to_fit();
    slots_.shrink_to_fit();
}

void SparseIndex::reserve(std::span<const SparseClause> clauses) {
    std::vector<std::uint64_t> keys;
    for (const SparseClause& sparse : clauses) {
        const Constraint& access = access_of(sparse);
        for (const std::uint64_t key : access.keys)
            keys.push_back(slot_key(access.slot, key));
    }
    postings_.resize(keys.size());
    std::sort(keys.begin(), keys.end());
    keys.erase(std::unique(keys.begin(), keys.end()), keys.end());
    table_.resize(table_size(keys.size()));
    filter_.resize(std::max<std::size_t>(1, std::bit_ceil(keys.size() * kFilterBits) / 64));
    for (const std::uint64_t key : keys) {
        const std::size_t bit = filter_bit(key);
        filter_[bit / 64] |= std::uint64_t{1} << (bit % 64);
    }
}

SparseIndex::Posting SparseIndex::posting_of(const SparseClause& sparse) {
    const Others others = others_of(sparse);
    const Slot access = access_of(sparse).slot;
    Posting posting;
    posting.rule = static_cast<std::uint16_t>(sparse.clause->rule & 0x7FFFU);
    posting.second = others.second != nullptr ? others.second->slot : access;
    posting.second_mask = others.second != nullptr ? bloom_of(*others.second) : ~std::uint64_t{0};
    posting.third = others.third != nullptr ? others.third->slot : access;
    posting.third_mask = others.third != nullptr ? narrow(bloom_of(*others.third)) : 0xFFFF;
    return posting;
}

// Of the entry of `key`, or of the free one where it belongs.
std::size_t SparseIndex::position(std::uint64_t key) const {
    const std::size_t mask = table_.size() - 1;
    const auto fingerprint = static_cast<std::uint32_t>(key >> 32);
    std::size_t at = key & mask;
    while (table_[at].begin != kNone && table_[at].fingerprint != fingerprint)
        at = (at + 1) & mask;
    return at;
}

void SparseIndex::fill(std::span<const SparseClause> clauses) {
    std::vector<std::uint32_t> sizes(table_.size());
    for (const SparseClause& sparse : clauses) {
        const Constraint& access = access_of(sparse);
        for (const std::uint64_t key : access.keys) {
            const std::size_t at = position(slot_key(access.slot, key));
            table_[at] = {static_cast<std::uint32_t>(slot_key(access.slot, key) >> 32), 0};
            ++sizes[at];
        }
    }
    std::uint32_t begin = 0;
    for (std::size_t at = 0; at < table_.size(); ++at) {
        if (sizes[at] == 0) continue;
        table_[at].begin = begin;
        begin += std::exchange(sizes[at], 0);
        postings_[begin - 1].last = 1;
    }
    for (const SparseClause& sparse : clauses) {
        const Constraint& access = access_of(sparse);
        Posting posting = posting_of(sparse);
        for (const std::uint64_t key : access.keys) {
            const std::size_t at = position(slot_key(access.slot, key));
            Posting& place = postings_[table_[at].begin + sizes[at]++];
            posting.last = place.last;
            place = posting;
        }
    }
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
    if (!may_have(key)) return;
    const Entry& entry = table_[position(key)];
    if (entry.begin == kNone) return;
    const Cell* const cells = context.cells();
    for (const Posting* posting = &postings_[entry.begin]; posting->rule < best.rule; ++posting) {
        if ((cells[posting->second].bloom & posting->second_mask) != 0 &&
            (narrow(cells[posting->third].bloom) & posting->third_mask) != 0) {
            const Run outcome = run(program, program.starts[posting->rule], context);
            if (outcome.verdict != Verdict::miss) {
                best = {posting->rule, outcome};
                return;
            }
        }
        if (posting->last != 0) return;
    }
}

std::size_t SparseIndex::memory_bytes() const {
    return filter_.capacity() * sizeof(std::uint64_t) + table_.capacity() * sizeof(Entry) +
           postings_.capacity() * sizeof(Posting) + slots_.capacity() * sizeof(std::uint64_t) +
           probes_.capacity() * sizeof(PrefixProbe);
}

}  // namespace rules
