// Sparse index: clauses that name a rare value are found through that value.
// Shape:   one open-addressing table of (slot, hash) -> postings in rule order, behind a filter of
//          one bit per key, since most look-ups find nothing. Each posting carries Bloom words of
//          two other constraints, so that most candidates die without their code.
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
    static constexpr std::uint32_t kMaxRules = 1 << 15;  ///< numbers that a posting has room for

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
        std::uint16_t rule : 15 = 0;
        std::uint16_t last : 1 = 0;  ///< of its entry
        Slot second = 0;  ///< slot of another constraint; the access's when there is none
        Slot third = 0;   ///< and of one more
        std::uint16_t third_mask = 0;   ///< narrow Bloom word of its keys
        std::uint64_t second_mask = 0;  ///< Bloom word of its keys
    };
    static_assert(sizeof(Posting) == 16);

    static constexpr std::uint32_t kNone = 0xFFFFFFFF;
    static constexpr std::size_t kFilterBits = 8;  ///< for each key
    struct Entry {
        std::uint32_t fingerprint = 0;  ///< upper half of the key
        std::uint32_t begin = kNone;    ///< its first posting
    };

    void add_slots(std::span<const SparseClause> clauses);
    void reserve(std::span<const SparseClause> clauses);
    void fill(std::span<const SparseClause> clauses);
    [[nodiscard]] std::size_t position(std::uint64_t key) const;
    /// Of the bits of a key neither the lowest nor the fingerprint, which the table goes by.
    [[nodiscard]] std::size_t filter_bit(std::uint64_t key) const {
        return (key >> 24) & (filter_.size() * 64 - 1);
    }
    [[nodiscard]] bool may_have(std::uint64_t key) const {
        const std::size_t bit = filter_bit(key);
        return ((filter_[bit / 64] >> (bit % 64)) & 1U) != 0;
    }
    [[nodiscard]] static Posting posting_of(const SparseClause& sparse);
    void search_prefix(const Program& program,
                       const Context& context,
                       const PrefixProbe& probe,
                       Candidate& best) const;
    void search(const Program& program,
                const Context& context,
                std::uint64_t key,
                Candidate& best) const;

    std::vector<std::uint64_t> filter_;  ///< a bit per key; a power of two
    std::vector<Entry> table_;           ///< a power of two, at most two thirds full
    std::vector<Posting> postings_;      ///< one entry's after another's
    std::vector<std::uint64_t> slots_;   ///< a bit per slot that some entry has
    std::vector<PrefixProbe> probes_;
};

}  // namespace rules
