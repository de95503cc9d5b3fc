// Sparse index: clauses that name a rare value are found through that value.
// Shape:   one open-addressing table of (slot, hash) -> postings in rule order. Each posting
// carries
//          a Bloom word of a second constraint, so that most candidates die without their code.
// Threads: immutable once built.
#pragma once

#include "rules/clause.hpp"
#include "rules/context.hpp"
#include "rules/evaluate.hpp"

#include <cstddef>
#include <cstdint>
#include <span>
#include <tuple>
#include <vector>

namespace rules {

/// Slot and hash as one key. Two pairs that collide share postings, which costs time, not truth.
constexpr std::uint64_t slot_key(Slot slot, std::uint64_t hash) {
    return hash ^ ((slot + std::uint64_t{1}) * 0x9E3779B97F4A7C15);
}

/// A clause and which of its constraints (one with keys) it is found by.
struct SparseClause {
    const Clause* clause = nullptr;
    std::size_t access = 0;
};

class SparseIndex {
  public:
    SparseIndex() = default;
    /// `clauses` in rule order.
    explicit SparseIndex(std::span<const SparseClause> clauses);

    /// Puts the first rule that matches, if it comes before `best.rule`, into `best`.
    void search(const Program& program, const Context& context, Candidate& best) const;

    [[nodiscard]] std::size_t memory_bytes() const;

  private:
    /// A prefix length that clauses ask for: one more look-up of its slot in every search.
    struct PrefixProbe {
        Slot slot = 0;
        bool folded = false;
        std::uint32_t length = 0;

        friend bool operator==(const PrefixProbe&, const PrefixProbe&) = default;
        friend bool operator<(const PrefixProbe& left, const PrefixProbe& right) {
            return std::tie(left.slot, left.length) < std::tie(right.slot, right.length);
        }
    };

    struct Posting {
        std::uint32_t rule = 0;
        Slot slot = 0;           ///< the second constraint's; the first one's when there is none
        std::uint64_t mask = 0;  ///< Bloom word of the second constraint's keys
    };
    struct Entry {
        std::uint64_t key = 0;
        std::uint32_t begin = 0;
        std::uint32_t size = 0;  ///< 0: no entry
    };

    Entry& entry(std::uint64_t key);
    void count(std::span<const SparseClause> clauses);
    void fill(std::span<const SparseClause> clauses);
    void search_prefix(const Program& program,
                       const Context& context,
                       const PrefixProbe& probe,
                       Candidate& best) const;
    void search(const Program& program,
                const Context& context,
                std::uint64_t key,
                Candidate& best) const;

    std::vector<Entry> table_;          ///< a power of two, at most two thirds full
    std::vector<Posting> postings_;     ///< one entry's after another's
    std::vector<std::uint64_t> slots_;  ///< a bit per slot that some entry has
    std::vector<PrefixProbe> probes_;
};

}  // namespace rules
