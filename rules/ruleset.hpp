// Ruleset: compiled rules, ready to decide. The first rule that matches wins.
// Shape:   immutable; published behind std::shared_ptr<const Ruleset> (rules/compile.hpp).
// Memory:  memory_bytes(); measured in rules/README.md.
// Errors:  none. Threads: const calls from any number of threads, each with its own Context.
#pragma once

#include "rules/context.hpp"
#include "rules/index.hpp"
#include "rules/program.hpp"
#include "rules/template.hpp"

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace rules {

inline constexpr std::uint32_t kNoRule = 0xFFFFFFFF;

enum class Outcome : std::uint8_t {
    none,      ///< no redirection; `rule` tells where a rule ended the walk, if one did
    redirect,  ///< `rule` matched: render its URL
    delegate,  ///< `rule` matched: ask its delegates in order, then render its URL if it has one
    needs,     ///< a costly field is pending: set every costly slot and decide again
};

struct Decision {
    Outcome outcome = Outcome::none;
    std::uint32_t rule =
        kNoRule;      ///< from 0; with `none`: the rule that stopped the walk, or kNoRule
    Slot needed = 0;  ///< with `needs`: the first slot that is wanted

    friend bool operator==(const Decision&, const Decision&) = default;
};

/// An application that an account's rule hands over to. Views live as long as the ruleset.
struct DelegateView {
    std::string_view project;
    std::string_view app;
};

class Ruleset {
  public:
    /// The fields that the reachable rules read; a field's slot is its position. Context::begin
    /// takes this. Fields with in_template alone are needed only to render the rule that matched.
    [[nodiscard]] std::span<const FieldUse> fields() const { return fields_; }
    /// Whether deciding needs any field of this tier.
    [[nodiscard]] bool matches_on(Tier tier) const;

    /// The number of rules, unreachable ones included.
    [[nodiscard]] std::size_t size() const { return rules_.size(); }

    /// `context` was begun with fields(), and every slot with in_match that has a value was set;
    /// costly ones may be left pending. Allocates nothing.
    [[nodiscard]] Decision decide(const Context& context) const;
    /// The same decision, rule by rule, whatever the size: what the index must agree with.
    [[nodiscard]] Decision decide_linear(const Context& context) const;

    // The rest is about one rule, `rule` < size().

    [[nodiscard]] std::string_view name(std::uint32_t rule) const;
    [[nodiscard]] bool has_url(std::uint32_t rule) const { return rules_[rule].has_url; }
    /// Appends the rule's URL; see rules/template.hpp. The rule has_url and was decided on.
    [[nodiscard]] Rendered render(std::uint32_t rule,
                                  const Context& context,
                                  std::string& out) const;
    /// In the order of the document, which is the order to ask them in.
    [[nodiscard]] std::vector<DelegateView> delegates(std::uint32_t rule) const;
    [[nodiscard]] std::vector<std::pair<std::string_view, std::string_view>> constants(
        std::uint32_t rule) const;
    /// The slots that its match or its template reads, ascending: the rule's redirection context.
    [[nodiscard]] std::span<const Slot> slots(std::uint32_t rule) const;

    [[nodiscard]] std::size_t memory_bytes() const;
    [[nodiscard]] bool is_indexed() const { return index_ != nullptr; }
    /// The code of every reachable rule, for people and golden tests.
    [[nodiscard]] std::string to_string() const;

  private:
    friend class RulesetBuilder;

    struct Range {
        std::uint32_t begin = 0;
        std::uint32_t size = 0;
    };

    /// What a decision and its rendering read.
    struct Rule {
        std::uint32_t parts = 0;    ///< the first in parts_
        std::uint32_t slots = 0;    ///< the first in slots_
        std::uint32_t details = 0;  ///< in details_; 0 for the many rules without any
        std::uint16_t part_count = 0;
        std::uint16_t slot_count = 0;
        Outcome outcome = Outcome::redirect;
        bool has_url = false;
        bool unknown_name = false;  ///< in the template
    };

    struct Details {
        Range name;       ///< in store_
        Range delegates;  ///< in words_, two words each
        Range constants;  ///< in words_, two words each
    };

    [[nodiscard]] Decision conclude(std::uint32_t rule) const;
    [[nodiscard]] Decision conclude(const Candidate& candidate) const;
    [[nodiscard]] const Details& details(std::uint32_t rule) const {
        return details_[rules_[rule].details];
    }
    [[nodiscard]] std::string_view text(Range range) const {
        return std::string_view(store_).substr(range.begin, range.size);
    }

    std::vector<FieldUse> fields_;
    std::vector<Rule> rules_;
    Program program_;  ///< starts: of the rules before last_
    /// The first rule that ends every walk (always true, or poison), or kNoRule.
    std::uint32_t last_ = kNoRule;
    std::vector<StoredPart> parts_;
    std::vector<Details> details_;  ///< the first is empty
    std::vector<Range> words_;
    std::vector<Slot> slots_;
    std::string store_;
    std::unique_ptr<const Index> index_;  ///< null: few rules, walked one by one
};

}  // namespace rules
