// Index: finds the first rule that matches without looking at the rules that cannot.
// Shape:   clauses with a rare value in a SparseIndex, the others in a DenseIndex; what counts as
//          rare, and whether an index pays at all, is decided by estimated cost.
// Errors:  none. Threads: immutable once built.
#pragma once

#include "rules/clause.hpp"
#include "rules/context.hpp"
#include "rules/dense_index.hpp"
#include "rules/evaluate.hpp"
#include "rules/program.hpp"
#include "rules/sparse_index.hpp"

#include <cstddef>
#include <memory>
#include <span>

namespace rules {

class Index {
  public:
    /// For clauses in rule order; null when walking their `rules` one by one is estimated cheaper.
    [[nodiscard]] static std::unique_ptr<const Index> build(std::span<const Clause> clauses,
                                                            std::size_t rules);

    /// The first rule that does not miss. `context` was begun with the fields of the ruleset.
    [[nodiscard]] Candidate first_match(const Program& program, const Context& context) const;

    [[nodiscard]] std::size_t memory_bytes() const;

  private:
    Index(std::span<const SparseClause> rare, std::span<const Clause* const> common)
        : sparse_(rare), dense_(common) {}

    SparseIndex sparse_;
    DenseIndex dense_;
};

}  // namespace rules
