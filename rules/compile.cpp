#include "rules/compile.hpp"

#include "rules/builder.hpp"
#include "rules/parse.hpp"
#include "rules/simplify.hpp"

#include <algorithm>
#include <utility>

namespace rules {

namespace {

static_assert(kMaxRules <= SparseIndex::kMaxRules);

bool is_error(const Problem& problem) {
    return problem.severity == Severity::error;
}

std::size_t bytes_of(const RuleSource& rule) {
    std::size_t bytes = rule.match.size() + rule.name.size() + rule.redirect_url.size();
    for (const Delegate& delegate : rule.delegates) {
        bytes += delegate.project.size() + delegate.app.size();
    }
    for (const auto& [key, value] : rule.constants)
        bytes += key.size() + value.size();
    return bytes;
}

// Checks rule after rule; what they mean is kept for building, what is wrong for the author.
class Analysis {
  public:
    explicit Analysis(const CompileOptions& options) : options_(options) {}

    void add_list(std::span<const RuleSource> rules) {
        if (rules.size() > kMaxRules) {
            problem(ProblemKind::limit, kMaxRules, Member::document,
                    "a Redirector has at most 10000 rules");
            return;
        }
        std::size_t bytes = 0;
        for (std::size_t rule = 0; rule < rules.size(); ++rule) {
            bytes += bytes_of(rules[rule]);
            if (bytes <= kMaxRulesetBytes) continue;
            problem(ProblemKind::limit, rule, Member::document,
                    "the rules of a Redirector are at most 1 MiB together");
            return;
        }
        checked_.reserve(rules.size());
        for (std::size_t rule = 0; rule < rules.size(); ++rule) {
            add(rules[rule], rule);
            if (problems_.size() >= kMaxProblems && refused()) return;
        }
    }

    [[nodiscard]] bool refused() const {
        return std::any_of(problems_.begin(), problems_.end(), is_error);
    }
    [[nodiscard]] std::vector<Problem> take_problems() {
        sort_by_class(problems_);
        if (problems_.size() > kMaxProblems) problems_.resize(kMaxProblems);
        return std::move(problems_);
    }
    [[nodiscard]] std::vector<CheckedRule>& rules() { return checked_; }
    [[nodiscard]] std::vector<Problem>& problems() { return problems_; }

  private:
    void problem(ProblemKind kind, std::size_t rule, Member member, std::string message) {
        problems_.push_back({kind, Severity::error, rule, member, 0, std::move(message), {}});
    }

    void add(const RuleSource& source, std::size_t rule) {
        CheckedRule& checked = checked_.emplace_back();
        checked.source = &source;
        add_constants(source, rule, checked.constants);
        check_delegates(source, rule);
        if (source.redirect_url.empty() && source.delegates.empty()) {
            problem(ProblemKind::incomplete, rule, Member::redirect_url,
                    "a rule needs a redirectUrl or delegates");
        }
        const Scope scope{checked.constants, options_.level, rule};
        auto filter = parse(source.match);
        if (filter.has_error()) {
            Problem found = filter.error();
            found.rule = rule;
            problems_.push_back(std::move(found));
        } else {
            checked.filter = check(*filter, scope, problems_);
        }
        if (!source.redirect_url.empty()) {
            checked.url = parse_template(source.redirect_url, scope, options_.urls, problems_);
        }
    }

    void add_constants(const RuleSource& source, std::size_t rule, Constants& constants) {
        if (source.constants.size() > kMaxConstants) {
            problem(ProblemKind::limit, rule, Member::constants, "a rule has at most 64 constants");
            return;
        }
        for (const auto& [key, value] : source.constants) {
            if (key.empty()) {
                problem(ProblemKind::syntax, rule, Member::constants, "a constant needs a name");
            }
            if (key.size() > kMaxConstantBytes || value.size() > kMaxConstantBytes) {
                problem(ProblemKind::limit, rule, Member::constants,
                        "the name and the value of a constant are at most 1024 bytes each");
            }
            constants.insert_or_assign(key, value);
        }
    }

    void check_delegates(const RuleSource& source, std::size_t rule) {
        if (source.delegates.empty()) return;
        if (options_.level == Level::application) {
            problem(ProblemKind::misplaced, rule, Member::delegates,
                    "only an account's rules have delegates");
        }
        if (source.delegates.size() > kMaxDelegates) {
            problem(ProblemKind::limit, rule, Member::delegates, "a rule has at most 32 delegates");
        }
        const bool nameless = std::any_of(source.delegates.begin(), source.delegates.end(),
                                          [](const Delegate& each) { return each.app.empty(); });
        if (nameless) {
            problem(ProblemKind::incomplete, rule, Member::delegates, "a delegate needs an app");
        }
    }

    const CompileOptions& options_;
    std::vector<CheckedRule> checked_;
    std::vector<Problem> problems_;
};

void warn_unreachable(std::vector<Problem>& problems, std::size_t last, std::size_t rules) {
    if (last + 1 >= rules) return;
    problems.push_back({ProblemKind::unreachable, Severity::warning, last + 1, Member::match, 0,
                        "never reached: rule " + std::to_string(last) + " ends every walk",
                        "move it up, or narrow rule " + std::to_string(last)});
}

}  // namespace

std::size_t text_bytes(std::span<const RuleSource> rules) {
    std::size_t bytes = 0;
    for (const RuleSource& rule : rules)
        bytes += bytes_of(rule);
    return bytes;
}

boost::system::result<Compiled, Rejection> compile(std::span<const RuleSource> rules,
                                                   const CompileOptions& options) {
    Analysis analysis(options);
    analysis.add_list(rules);
    if (analysis.refused()) return Rejection{analysis.take_problems()};
    RulesetBuilder builder;
    for (const CheckedRule& rule : analysis.rules()) {
        if (builder.full()) {
            Problem full{ProblemKind::limit, Severity::error, 0, Member::document, 0, {}, {}};
            full.message = "the rules of a Redirector read at most 64000 different fields";
            return Rejection{{std::move(full)}};
        }
        builder.add(rule);
    }
    if (const auto last = builder.last(); last != kNoRule) {
        warn_unreachable(analysis.problems(), last, rules.size());
    }
    return Compiled{std::move(builder).build(), analysis.take_problems()};
}

}  // namespace rules
