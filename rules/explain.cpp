#include "rules/explain.hpp"

#include "rules/interpret.hpp"
#include "rules/parse.hpp"
#include "rules/utf8.hpp"

#include <array>
#include <utility>

namespace rules {

namespace {

constexpr std::size_t kLongestShown = 80;

std::string describe(const Value& value);

// What a client sent may be any bytes and of any length.
std::string shown(std::string_view text) {
    const auto continues = [text](std::size_t at) {
        return (static_cast<unsigned char>(text[at]) & 0xC0U) == 0x80U;
    };
    if (text.size() <= kLongestShown) return well_formed(text);
    std::size_t end = kLongestShown;
    while (end > 0 && continues(end))
        --end;
    return well_formed(text.substr(0, end)) + "...";
}

std::string describe_list(const ValueList& list) {
    std::string text = "[";
    for (const Value& element : list) {
        if (text.size() > 1) text += ", ";
        if (text.size() > kLongestShown) return text + "...]";
        text += describe(element);
    }
    return text + "]";
}

std::string describe(const Value& value) {
    std::array<char, 32> digits{};
    if (const auto* text = std::get_if<std::string>(&value)) {
        return '"' + shown(*text) + '"';
    }
    if (const auto* boolean = std::get_if<bool>(&value)) return *boolean ? "true" : "false";
    if (const auto* integer = std::get_if<std::int64_t>(&value)) return std::to_string(*integer);
    if (const auto* real = std::get_if<double>(&value)) {
        return std::string(format_number(real_number(*real), digits));
    }
    if (const auto* list = std::get_if<ValueList>(&value)) return describe_list(*list);
    return std::holds_alternative<Object>(value) ? "an object" : "null";
}

std::string observe(const Test& test, const Facts& facts) {
    if (test.always_empty) return test.name + " has no value in an account's rules";
    const Value value = subject_of(test, facts);
    if (!is_missing(value)) return test.name + " is " + describe(value);
    const Value& raw = value_of(facts, test.name);
    if (is_missing(raw) || test.constant) return test.name + " has no value";
    return test.name + " is " + describe(raw) + ", which does not fit its type";
}

PredicateReason reason_of(const std::string& match,
                          const Predicate& predicate,
                          const Test& test,
                          const Facts& facts) {
    PredicateReason reason;
    reason.offset = predicate.begin;
    reason.text = match.substr(predicate.begin, predicate.end - predicate.begin);
    reason.text.erase(reason.text.find_last_not_of(" \t") + 1);
    if (test.field == nullptr) {
        reason.observation = predicate.field + " is unknown";
        return reason;
    }
    reason.holds = holds(test, subject_of(test, facts));
    reason.observation = observe(test, facts);
    return reason;
}

// The rule compiled, so its filter parses and checks without errors.
RuleReason reason_of(const RuleSource& source,
                     std::size_t rule,
                     const CompileOptions& options,
                     const Facts& facts) {
    RuleReason reason;
    reason.rule = rule;
    reason.name = source.name;
    Constants constants;
    for (const auto& [key, value] : source.constants)
        constants.insert_or_assign(key, value);
    const auto filter = parse(source.match);
    std::vector<Problem> ignored;
    const CheckedFilter checked = check(*filter, {constants, options.level, rule}, ignored);
    for (std::size_t i = 0; i < filter->predicates.size(); ++i) {
        reason.predicates.push_back(
            reason_of(source.match, filter->predicates[i], checked.tests[i], facts));
    }
    if (checked.poison) {
        reason.verdict = RuleReason::Verdict::stopped;
    } else if (matches(checked, facts)) {
        reason.verdict = RuleReason::Verdict::matched;
    }
    return reason;
}

}  // namespace

Explanation explain(std::span<const RuleSource> rules,
                    const CompileOptions& options,
                    const Facts& facts) {
    Explanation explanation;
    explanation.resolution = resolve(rules, options, facts);
    if (explanation.resolution.outcome == Resolution::Outcome::rejected) return explanation;
    const std::size_t last = explanation.resolution.rule.value_or(rules.size());
    for (std::size_t rule = 0; rule < rules.size(); ++rule) {
        if (rule > last) {
            RuleReason unread;
            unread.rule = rule;
            unread.name = rules[rule].name;
            unread.verdict = RuleReason::Verdict::not_reached;
            explanation.rules.push_back(std::move(unread));
            continue;
        }
        explanation.rules.push_back(reason_of(rules[rule], rule, options, facts));
    }
    const bool stopped = explanation.resolution.outcome == Resolution::Outcome::none;
    if (stopped && last < rules.size()) {
        explanation.rules[last].verdict = RuleReason::Verdict::stopped;
    }
    return explanation;
}

std::string_view to_string(RuleReason::Verdict verdict) {
    switch (verdict) {
        case RuleReason::Verdict::matched:
            return "matched";
        case RuleReason::Verdict::missed:
            return "missed";
        case RuleReason::Verdict::stopped:
            return "stopped";
        case RuleReason::Verdict::not_reached:
            return "not reached";
    }
    return {};
}

std::string to_string(const Explanation& explanation) {
    const Resolution& resolution = explanation.resolution;
    std::string out(to_string(resolution.outcome));
    if (resolution.rule) out += ", rule " + std::to_string(*resolution.rule);
    if (!resolution.url.empty()) out += ", " + resolution.url;
    out += '\n';
    for (const Problem& problem : resolution.problems)
        out += "  " + to_string(problem) + '\n';
    for (const RuleReason& rule : explanation.rules) {
        out += "rule " + std::to_string(rule.rule);
        if (!rule.name.empty()) out += " \"" + rule.name + '"';
        out += ": ";
        out += to_string(rule.verdict);
        out += '\n';
        for (const PredicateReason& reason : rule.predicates) {
            out += reason.holds ? "  yes  " : "  no   ";
            out += reason.text + "  (" + reason.observation + ")\n";
        }
    }
    return out;
}

}  // namespace rules
