#include "rules/dry_run.hpp"

#include "rules/parse.hpp"

#include <array>
#include <utility>

namespace rules {

namespace {

Problem to_problem(Rendered failure, std::uint32_t rule) {
    Problem problem{
        ProblemKind::unknown_field, Severity::error, rule, Member::redirect_url, 0, {}, {}};
    switch (failure) {
        case Rendered::dot_segment:
            problem.kind = ProblemKind::dot_segment;
            problem.message = "a value made a path segment \".\" or \"..\"";
            break;
        case Rendered::too_long:
            problem.kind = ProblemKind::limit;
            problem.message = "the URL is longer than 8192 bytes";
            break;
        case Rendered::unknown_name:
        case Rendered::ok:
            problem.message = "the template names an unknown field";
            break;
    }
    return problem;
}

// A constant is text; what a context gives as a number or a boolean is written out.
std::vector<std::pair<std::string, std::string>> constants_of(const Facts& facts) {
    std::vector<std::pair<std::string, std::string>> constants;
    for (auto at = facts.lower_bound(kConstants);
         at != facts.end() && at->first.starts_with(kConstants); ++at) {
        const Value& value = at->second;
        std::array<char, 32> digits{};
        std::string text;
        if (const auto* given = std::get_if<std::string>(&value)) {
            text = *given;
        } else if (const auto* boolean = std::get_if<bool>(&value)) {
            text = *boolean ? "true" : "false";
        } else if (const auto* integer = std::get_if<std::int64_t>(&value)) {
            text = format_number(integer_number(*integer), digits);
        } else if (const auto* real = std::get_if<double>(&value)) {
            text = format_number(real_number(*real), digits);
        } else {
            continue;
        }
        constants.emplace_back(at->first.substr(kConstants.size()), std::move(text));
    }
    return constants;
}

// Alone, a filter or a template is judged as an application's rule: user fields have values there.
boost::system::result<Compiled, Problem> compile_alone(RuleSource rule,
                                                       const Facts& facts,
                                                       const UrlPolicy& policy) {
    rule.constants = constants_of(facts);
    auto compiled = compile({&rule, 1}, {Level::application, policy});
    if (compiled.has_error()) return compiled.error().problems.front();
    for (const Problem& warning : compiled->warnings) {
        if (warning.kind == ProblemKind::unknown_field) return warning;
    }
    return std::move(*compiled);
}

}  // namespace

boost::system::result<bool, Problem> evaluate_match(std::string_view match, const Facts& facts) {
    RuleSource rule;
    rule.match = match;
    rule.redirect_url = "https://localhost/";
    const auto compiled = compile_alone(std::move(rule), facts, {});
    if (compiled.has_error()) return compiled.error();
    Context context;
    context.begin(compiled->ruleset->fields());
    context.set_all(facts);
    return compiled->ruleset->decide(context).outcome == Outcome::redirect;
}

boost::system::result<std::string, Problem> evaluate_template(std::string_view text,
                                                              const Facts& facts,
                                                              const UrlPolicy& policy) {
    RuleSource rule;
    rule.redirect_url = text;
    if (text.empty()) {
        return Problem{ProblemKind::scheme,
                       Severity::error,
                       0,
                       Member::redirect_url,
                       0,
                       "the URL must begin with https:// or http://",
                       {}};
    }
    const auto compiled = compile_alone(std::move(rule), facts, policy);
    if (compiled.has_error()) return compiled.error();
    Context context;
    context.begin(compiled->ruleset->fields());
    context.set_all(facts);
    std::string url;
    const Rendered outcome = compiled->ruleset->render(0, context, url);
    if (outcome != Rendered::ok) return to_problem(outcome, 0);
    return url;
}

Resolution resolve(std::span<const RuleSource> rules,
                   const CompileOptions& options,
                   const Facts& facts) {
    auto compiled = compile(rules, options);
    Resolution resolution;
    if (compiled.has_error()) {
        resolution.outcome = Resolution::Outcome::rejected;
        resolution.problems = std::move(compiled.error().problems);
        resolution.rule = resolution.problems.front().rule;
        return resolution;
    }
    resolution = resolve(*compiled->ruleset, facts);
    auto& problems = resolution.problems;
    problems.insert(problems.end(), compiled->warnings.begin(), compiled->warnings.end());
    return resolution;
}

Resolution resolve(const Ruleset& ruleset, const Facts& facts) {
    Context context;
    context.begin(ruleset.fields());
    context.set_all(facts);
    const Decision decision = ruleset.decide(context);
    Resolution resolution;
    if (decision.rule != kNoRule) resolution.rule = decision.rule;
    if (decision.outcome == Outcome::none) return resolution;
    const bool delegates = decision.outcome == Outcome::delegate;
    resolution.outcome = delegates ? Resolution::Outcome::delegate : Resolution::Outcome::redirect;
    if (!ruleset.has_url(decision.rule)) return resolution;
    const Rendered rendered = ruleset.render(decision.rule, context, resolution.url);
    if (rendered == Rendered::ok) return resolution;
    resolution.problems.push_back(to_problem(rendered, decision.rule));
    if (!delegates) resolution.outcome = Resolution::Outcome::none;
    return resolution;
}

std::string_view to_string(Resolution::Outcome outcome) {
    switch (outcome) {
        case Resolution::Outcome::redirect:
            return "redirect";
        case Resolution::Outcome::delegate:
            return "delegate";
        case Resolution::Outcome::none:
            return "none";
        case Resolution::Outcome::rejected:
            return "rejected";
    }
    return {};
}

}  // namespace rules
