#include "redirector/api/rules_lines.hpp"

#include "redirector/api/rules_json.hpp"
#include "rules/dry_run.hpp"

#include <boost/json.hpp>

#include <optional>

namespace redirector::api {
namespace {

namespace json = boost::json;

json::object refusal(std::string_view message) {
    return {{"error", "request"}, {"message", message}, {"offset", 0}};
}

json::object refusal(const rules::Problem& problem) {
    json::object answer{{"error", rules::to_string(problem.kind)}, {"message", problem.message}};
    answer["offset"] = problem.offset;
    if (!problem.hint.empty()) answer["hint"] = problem.hint;
    return answer;
}

const json::string* text_member(const json::object& object, std::string_view name) {
    const json::value* const value = object.if_contains(name);
    return value == nullptr ? nullptr : value->if_string();
}

json::object evaluate_rules(const json::object& question, const rules::Facts& facts) {
    const json::array* const array = question.at("rules").if_array();
    if (array == nullptr) return refusal("rules must be an array");
    rules::CompileOptions options;
    if (const json::value* const level = question.if_contains("level")) {
        if (*level != "account" && *level != "application")
            return refusal("level must be account or application");
        options.level = *level == "account" ? rules::Level::account : rules::Level::application;
    }
    ParsedRules parsed = parse_rules(*array);
    if (parsed.problems.empty()) return to_json(rules::resolve(parsed.rules, options, facts));
    rules::Resolution rejected;
    rejected.outcome = rules::Resolution::Outcome::rejected;
    rejected.problems = std::move(parsed.problems);
    return to_json(rejected);
}

json::object evaluate(const json::object& question) {
    rules::Facts facts;
    if (const json::value* const context = question.if_contains("context")) {
        if (!context->is_object()) return refusal("context must be an object");
        facts = parse_facts(context->get_object());
    }
    if (const json::string* const match = text_member(question, "match")) {
        const auto result = rules::evaluate_match(*match, facts);
        return result ? json::object{{"result", *result}} : refusal(result.error());
    }
    if (const json::string* const text = text_member(question, "template")) {
        const auto result = rules::evaluate_template(*text, facts);
        return result ? json::object{{"url", *result}} : refusal(result.error());
    }
    if (question.contains("rules")) return evaluate_rules(question, facts);
    return refusal("expected a member match, template or rules");
}

}  // namespace

std::string evaluate_line(std::string_view line) {
    json::error_code error;
    const json::value question = json::parse({line.data(), line.size()}, error);
    if (error) return json::serialize(refusal("not JSON: " + error.message()));
    if (!question.is_object()) return json::serialize(refusal("expected a JSON object"));
    return json::serialize(evaluate(question.get_object()));
}

std::string explain_document(std::string_view document,
                             std::string_view context,
                             bool account_level,
                             bool as_json,
                             std::string& error) {
    json::error_code failure;
    const json::value redirector = json::parse({document.data(), document.size()}, failure);
    if (failure) error = "the Redirector is not JSON: " + failure.message();
    json::error_code context_failure;
    const json::value facts = json::parse({context.data(), context.size()}, context_failure);
    if (error.empty() && (context_failure || !facts.is_object()))
        error = "the context is not a JSON object";
    if (!error.empty()) return {};
    const json::value* const listed =
        redirector.is_object() ? redirector.get_object().if_contains("rules") : &redirector;
    if (listed == nullptr || !listed->is_array()) {
        error = "the Redirector has no array \"rules\"";
        return {};
    }
    const ParsedRules parsed = parse_rules(listed->get_array());
    for (const rules::Problem& problem : parsed.problems)
        error.append(rules::to_string(problem)).append("\n");
    if (!error.empty()) return {};
    rules::CompileOptions options;
    options.level = account_level ? rules::Level::account : rules::Level::application;
    const rules::Explanation explanation =
        rules::explain(parsed.rules, options, parse_facts(facts.get_object()));
    return as_json ? json::serialize(to_json(explanation)) : rules::to_string(explanation);
}

}  // namespace redirector::api
