#include "redirector/api/rules_json.hpp"

#include "rules/utf8.hpp"

#include <boost/json.hpp>

#include <limits>
#include <string>

namespace redirector::api {
namespace {

namespace json = boost::json;
using rules::Member;
using rules::Problem;
using rules::ProblemKind;
using rules::RuleSource;

// Reads one rule; what is wrong with its form goes to `problems`.
class RuleReader {
  public:
    RuleReader(std::size_t number, std::vector<Problem>& problems)
        : number_(number), problems_(problems) {}

    RuleSource read(const json::value& value) {
        RuleSource rule;
        if (!value.is_object()) {
            report(Member::rule, "a rule must be an object");
            return rule;
        }
        for (const auto& member : value.get_object())
            read_member(member.key(), member.value(), rule);
        return rule;
    }

  private:
    void read_member(std::string_view name, const json::value& value, RuleSource& rule) {
        if (value.is_null()) return;
        if (name == "match") {
            read_text(Member::match, name, value, rule.match);
        } else if (name == "name") {
            read_text(Member::name, name, value, rule.name);
        } else if (name == "redirectUrl") {
            read_text(Member::redirect_url, name, value, rule.redirect_url);
        } else if (name == "delegates") {
            read_delegates(value, rule);
        } else if (name == "constants") {
            read_constants(value, rule);
        } else {
            report(Member::rule, "unknown member \"" + std::string(name) + "\"",
                   "a rule has match, name, redirectUrl, delegates and constants");
        }
    }

    void read_text(Member member,
                   std::string_view name,
                   const json::value& value,
                   std::string& text) {
        if (value.is_string()) {
            text = std::string_view(value.get_string());
        } else {
            report(member, std::string(name) + " must be a string");
        }
    }

    void read_delegates(const json::value& value, RuleSource& rule) {
        if (!value.is_array()) return report(Member::delegates, "delegates must be an array");
        for (const json::value& item : value.get_array()) {
            rules::Delegate delegate;
            const json::object* const object = item.if_object();
            const json::value* const project =
                object == nullptr ? nullptr : object->if_contains("project");
            const json::value* const app = object == nullptr ? nullptr : object->if_contains("app");
            if (project == nullptr || app == nullptr || !project->is_string() ||
                !app->is_string()) {
                return report(Member::delegates,
                              "a delegate must have a project and an app, both IDs");
            }
            delegate.project = std::string_view(project->get_string());
            delegate.app = std::string_view(app->get_string());
            rule.delegates.push_back(std::move(delegate));
        }
    }

    void read_constants(const json::value& value, RuleSource& rule) {
        if (!value.is_object())
            return report(Member::constants, "constants must be an object of strings");
        for (const auto& constant : value.get_object()) {
            if (!constant.value().is_string()) {
                return report(Member::constants,
                              "the constant " + std::string(constant.key()) + " must be a string");
            }
            rule.constants.emplace_back(constant.key(),
                                        std::string_view(constant.value().get_string()));
        }
    }

    void report(Member member, std::string message, std::string hint = "") {
        Problem problem;
        problem.kind = ProblemKind::syntax;
        problem.rule = number_;
        problem.member = member;
        problem.message = std::move(message);
        problem.hint = std::move(hint);
        problems_.push_back(std::move(problem));
    }

    std::size_t number_;
    std::vector<Problem>& problems_;
};

rules::Value value_of(const json::value& value) {
    switch (value.kind()) {
        case json::kind::null:
            return {};
        case json::kind::bool_:
            return value.get_bool();
        case json::kind::int64:
            return value.get_int64();
        case json::kind::uint64:
            return static_cast<double>(value.get_uint64());  // beyond int64
        case json::kind::double_:
            return value.get_double();
        case json::kind::string:
            return std::string(value.get_string());
        case json::kind::object:
            return rules::Object{};
        case json::kind::array:
            break;
    }
    rules::ValueList list;
    for (const json::value& item : value.get_array())
        list.push_back(value_of(item));
    return list;
}

json::value to_json(const rules::Value& value) {
    if (const auto* text = std::get_if<std::string>(&value))
        return json::value(rules::well_formed(*text));
    if (const auto* integer = std::get_if<std::int64_t>(&value)) return *integer;
    if (const auto* real = std::get_if<double>(&value)) return *real;
    if (const auto* boolean = std::get_if<bool>(&value)) return *boolean;
    if (std::holds_alternative<rules::Object>(value)) return json::object();
    const auto* const items = std::get_if<rules::ValueList>(&value);
    if (items == nullptr) return nullptr;
    json::array list;
    for (const rules::Value& item : *items)
        list.push_back(to_json(item));
    return list;
}

// The members of an object, written while they fit.
class BoundedObject {
  public:
    explicit BoundedObject(std::size_t bound) : bound_(bound) {}

    void add(std::string_view key, const json::value& value) {
        const std::string member = json::serialize(json::value(key)) + ":" + json::serialize(value);
        constexpr std::size_t kSeparators = 2;  // a comma or brace before, a brace behind
        if (text_.size() + member.size() + kSeparators > bound_) return;
        text_.append(text_.empty() ? "{" : ",").append(member);
    }

    std::string take() {
        if (!text_.empty()) text_ += '}';
        return std::move(text_);
    }

  private:
    std::size_t bound_;
    std::string text_;
};

}  // namespace

ParsedRules parse_rules(const json::array& array) {
    ParsedRules parsed;
    if (array.size() > rules::kMaxRules) {
        Problem problem;
        problem.kind = ProblemKind::limit;
        problem.member = Member::document;
        problem.message = "more than " + std::to_string(rules::kMaxRules) + " rules";
        parsed.problems.push_back(std::move(problem));
        return parsed;
    }
    for (std::size_t i = 0; i < array.size() && parsed.problems.size() < rules::kMaxProblems; ++i) {
        parsed.rules.push_back(RuleReader(i, parsed.problems).read(array[i]));
    }
    return parsed;
}

json::array to_json(const std::vector<RuleSource>& sources) {
    json::array array;
    for (const RuleSource& source : sources) {
        json::object rule;
        if (!source.match.empty()) rule["match"] = source.match;
        if (!source.name.empty()) rule["name"] = source.name;
        if (!source.redirect_url.empty()) rule["redirectUrl"] = source.redirect_url;
        json::array delegates;
        for (const auto& delegate : source.delegates) {
            delegates.emplace_back(
                json::object{{"project", delegate.project}, {"app", delegate.app}});
        }
        if (!delegates.empty()) rule["delegates"] = std::move(delegates);
        json::object constants;
        for (const auto& [key, text] : source.constants)
            constants[key] = text;
        if (!constants.empty()) rule["constants"] = std::move(constants);
        array.emplace_back(std::move(rule));
    }
    return array;
}

rules::Facts parse_facts(const json::object& context) {
    rules::Facts facts;
    for (const auto& member : context)
        facts.emplace(member.key(), value_of(member.value()));
    return facts;
}

std::string redirection_context(const rules::Ruleset& ruleset,
                                std::uint32_t rule,
                                const rules::Context& context,
                                std::size_t bound) {
    BoundedObject object(bound);
    json::object constants;
    for (const auto& [key, text] : ruleset.constants(rule))
        constants[key] = text;
    if (!constants.empty()) object.add("constants", constants);
    for (const rules::Slot slot : ruleset.slots(rule)) {
        const json::value value = to_json(context.value(slot));
        if (!value.is_null()) object.add(ruleset.fields()[slot].name, value);
    }
    return object.take();
}

json::object to_json(const Problem& problem) {
    json::object object{{"error", rules::to_string(problem.kind)},
                        {"rule", problem.rule},
                        {"member", rules::to_string(problem.member)},
                        {"offset", problem.offset},
                        {"message", problem.message}};
    if (!problem.hint.empty()) object["hint"] = problem.hint;
    return object;
}

json::object to_json(const rules::Resolution& resolution) {
    using Outcome = rules::Resolution::Outcome;
    json::object object{{"outcome", rules::to_string(resolution.outcome)}};
    if (resolution.outcome == Outcome::rejected) {
        for (auto& member : to_json(resolution.problems.at(0)))
            object[member.key()] = member.value();
        return object;
    }
    if (resolution.rule)
        object[resolution.outcome == Outcome::none ? "stoppedAt" : "rule"] = *resolution.rule;
    if (!resolution.url.empty()) object["url"] = resolution.url;
    return object;
}

json::object to_json(const rules::Explanation& explanation) {
    json::object object = to_json(explanation.resolution);
    json::array reasons;
    for (const rules::RuleReason& reason : explanation.rules) {
        json::array predicates;
        for (const auto& predicate : reason.predicates) {
            predicates.emplace_back(json::object{{"text", predicate.text},
                                                 {"offset", predicate.offset},
                                                 {"holds", predicate.holds},
                                                 {"observation", predicate.observation}});
        }
        json::object rule{{"rule", reason.rule}, {"verdict", rules::to_string(reason.verdict)}};
        if (!reason.name.empty()) rule["name"] = reason.name;
        rule["predicates"] = std::move(predicates);
        reasons.emplace_back(std::move(rule));
    }
    object["rules"] = std::move(reasons);
    return object;
}

json::object to_json(const rules::Facts& facts) {
    json::object object;
    for (const auto& [name, value] : facts)
        object[name] = to_json(value);
    return object;
}

}  // namespace redirector::api
