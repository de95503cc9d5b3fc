// Builder: checked rules -> Ruleset. The last arrow, and the only one that writes into a Ruleset.
// Threads: one builder, one thread.
#pragma once

#include "rules/check.hpp"
#include "rules/clause.hpp"
#include "rules/lower.hpp"
#include "rules/ruleset.hpp"
#include "rules/template.hpp"

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace rules {

struct RuleSource;

/// A rule without errors. `source` outlives the builder.
struct CheckedRule {
    const RuleSource* source = nullptr;
    Constants constants;
    CheckedFilter filter;
    TemplateSyntax url;
};

class RulesetBuilder {
  public:
    RulesetBuilder();

    /// Rules in order. Those after last() keep their place but are never read again.
    void add(const CheckedRule& rule);
    /// No room for the fields of another rule.
    [[nodiscard]] bool full() const { return slots_.full(); }
    /// The rule that ends every walk so far, or kNoRule.
    [[nodiscard]] std::uint32_t last() const { return ruleset_->last_; }
    [[nodiscard]] std::shared_ptr<const Ruleset> build() &&;

  private:
    void add_match(const CheckedRule& rule);
    void add_details(Ruleset::Rule& entry, const CheckedRule& rule);
    void add_url(Ruleset::Rule& entry, const TemplateSyntax& url);
    void add_slots(Ruleset::Rule& entry, const CheckedRule& rule);
    void keep_fields();
    Ruleset::Range keep(std::string_view text);
    void keep_words(std::string_view first, std::string_view second);

    std::shared_ptr<Ruleset> ruleset_;
    SlotTable slots_;
    Lowering lowering_;
    std::vector<Clause> clauses_;
};

}  // namespace rules
