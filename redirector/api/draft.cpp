#include "redirector/api/draft.hpp"

#include "redirector/api/rules_json.hpp"
#include "redirector/compile_pools.hpp"

#include <boost/json.hpp>

#include <utility>

namespace redirector::api {
namespace {

namespace json = boost::json;

Problems problems_of(const std::vector<rules::Problem>& found) {
    Problems problems;
    for (const rules::Problem& problem : found) {
        if (problem.severity != rules::Severity::error) continue;
        std::string field = "rules";
        const rules::Member member = problem.member;
        if (member != rules::Member::document)
            field.append("[").append(std::to_string(problem.rule)).append("]");
        if (member != rules::Member::document && member != rules::Member::rule)
            field.append(".").append(rules::to_string(member));
        problems.push_back(
            {Code::unprocessable, std::move(field), rules::to_string(problem), problem.offset});
    }
    return problems;
}

// With what it means for scans, where the problem's own words do not say so.
json::object warning_of(const rules::Problem& problem) {
    json::object warning = to_json(problem);
    if (problem.kind == rules::ProblemKind::unknown_field) {
        warning["effect"] = problem.member == rules::Member::match
                                ? "a scan that reaches this rule goes to its default URL"
                                : "a scan that this rule matches goes to its default URL";
    }
    return warning;
}

std::optional<Draft> make_draft(const json::value& listed,
                                const rules::CompileOptions& options,
                                Problems& problems) {
    if (!listed.is_array()) {
        problems.push_back({Code::invalid_field, "rules", "rules must be an array of rules"});
        return std::nullopt;
    }
    ParsedRules parsed = parse_rules(listed.get_array());
    if (!parsed.problems.empty()) {
        problems = problems_of(parsed.problems);
        return std::nullopt;
    }
    const auto compiled = rules::compile(parsed.rules, options);
    if (!compiled) {
        problems = problems_of(compiled.error().problems);
        return std::nullopt;
    }
    Draft draft;
    draft.ruleset = compiled->ruleset;
    for (const rules::Problem& warning : compiled->warnings)
        draft.warnings.emplace_back(warning_of(warning));
    draft.json = json::serialize(to_json(parsed.rules));
    draft.rules = std::move(parsed.rules);
    return draft;
}

// One body or document; everything that its size makes slow happens, and ends, in here.
struct Reading {
    std::string text, content_type;
    BodyReader reader = nullptr;
    rules::CompileOptions options;
    DraftBody body;
    Problems problems;

    void read_body() {
        Request request;
        request.body = text;
        request.fields[static_cast<std::size_t>(Field::content_type)] = content_type;
        ParsedBody parsed = reader(request);
        problems = std::move(parsed.problems);
        const json::value* const listed = parsed.object.if_contains("rules");
        if (problems.empty() && listed != nullptr)
            body.draft = make_draft(*listed, options, problems);
        parsed.object.erase("rules");
        body.others = std::move(parsed.object);
    }

    void read_document() {
        json::error_code error;
        const json::value document = json::parse(text, error);
        const json::object* const object = error ? nullptr : document.if_object();
        const json::value* const listed =
            object == nullptr ? nullptr : object->if_contains("rules");
        const json::value none = json::array();
        body.draft = make_draft(listed == nullptr ? none : *listed, options, problems);
    }
};

}  // namespace

Awaitable<bool> work_on_text(Call& call, std::size_t bytes, std::function<void()> work) {
    if (bytes < CompilePools::kLongRules) {
        work();
        co_return true;
    }
    const bool ran = co_await call.services.compiling.drafts.run(std::move(work));
    if (!ran) call.refuse(Code::unavailable, "", "too many rules are being compiled; try again");
    co_return ran;
}

Awaitable<std::optional<DraftBody>> read_draft(Call& call,
                                               BodyReader reader,
                                               rules::CompileOptions options) {
    std::optional<DraftBody> body;
    const auto reading = std::make_shared<Reading>();
    reading->text = call.request.body;
    reading->content_type = call.request.field(Field::content_type);
    reading->reader = reader;
    reading->options = std::move(options);
    std::function<void()> work = [reading] { reading->read_body(); };
    const bool ran = co_await work_on_text(call, reading->text.size(), std::move(work));
    if (!ran) co_return body;
    if (reading->problems.empty()) {
        body = std::move(reading->body);
    } else {
        call.refuse(reading->problems);
    }
    co_return body;
}

Awaitable<std::optional<Draft>> compile_stored(Call& call,
                                               std::string document,
                                               rules::CompileOptions options) {
    std::optional<Draft> draft;
    const auto reading = std::make_shared<Reading>();
    reading->text = std::move(document);
    reading->options = std::move(options);
    std::function<void()> work = [reading] { reading->read_document(); };
    const bool ran = co_await work_on_text(call, reading->text.size(), std::move(work));
    if (!ran) co_return draft;
    draft = std::move(reading->body.draft);
    if (!draft) call.refuse(reading->problems);
    co_return draft;
}

}  // namespace redirector::api
