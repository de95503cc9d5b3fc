#include "redirector/api/trials.hpp"

#include "redirector/api/action_reader.hpp"
#include "redirector/api/body.hpp"
#include "redirector/api/documents.hpp"
#include "redirector/api/rules_json.hpp"
#include "redirector/scan/stream.hpp"
#include "rules/utf8.hpp"
#include "rules/vocabulary.hpp"

#include <boost/json.hpp>

#include <array>

namespace redirector::api {
namespace {

namespace json = boost::json;

constexpr FieldSpec kDraft{.name = "rules",
                           .type = Type::any,
                           .meaning = "a draft, as PUT takes it; the rules in force when absent"};
constexpr std::array kExplainFields{
    FieldSpec{.name = "context",
              .type = Type::object,
              .meaning = "flat dotted field names and their values"},
    FieldSpec{.name = "action",
              .type = Type::resource_id,
              .meaning = "instead of a context: a recorded action, whose context is made again"},
    kDraft,
};
constexpr std::array kReplayFields{
    FieldSpec{
        .name = "scans", .type = Type::integer, .meaning = "how many, 1 to 1000; 100 when absent"},
    kDraft,
};

constexpr std::int64_t kUsualReplay = 100;

ParsedBody read_explain(const Request& request) {
    ParsedBody body = read_document(request, kExplain, Verb::create);
    const bool action = body.object.contains("action");
    if (body.problems.empty() && body.object.contains("context") == action) {
        body.problems.push_back({action ? Code::invalid_field : Code::missing_field, "context",
                                 "explain.context or explain.action is required, and only one"});
    }
    return body;
}

std::int64_t scans_of(const json::object& body) {
    const json::value* const given = body.if_contains("scans");
    return given != nullptr && given->is_int64() ? given->get_int64() : kUsualReplay;
}

ParsedBody read_replay(const Request& request) {
    ParsedBody body = read_document(request, kReplay, Verb::create);
    const std::int64_t scans = scans_of(body.object);
    if (scans < 1 || scans > static_cast<std::int64_t>(kMaxReplayed)) {
        body.problems.push_back({Code::invalid_field, "scans",
                                 "replay.scans must be from 1 to " + std::to_string(kMaxReplayed)});
    }
    return body;
}

}  // namespace

const DocumentSpec kExplain{"explain", kExplainFields};
const DocumentSpec kReplay{"replay", kReplayFields};

Awaitable<std::optional<ExplainRequest>> take_explain(Call& call) {
    std::optional<ExplainRequest> request;
    auto taken = co_await take_trial(call, read_explain);
    if (!taken) co_return request;
    const json::value* const context = taken->others.if_contains("context");
    request.emplace();
    request->trial = std::move(taken->trial);
    request->action = text_of(taken->others, "action");
    if (context != nullptr) request->context = parse_facts(context->get_object());
    co_return request;
}

Awaitable<std::optional<std::string>> find_record(Call& call, const std::string& action) {
    std::optional<std::string> record;
    if (const auto position = scan::parse_action_id(action)) {
        const auto value =
            co_await read_entry(call.services.scan_redis, call.actor.account, *position);
        if (!value) {
            refuse_store(call);
            co_return record;
        }
        const auto bytes = record_in(*value, position->index);
        if (!bytes.empty()) {
            record.emplace(reinterpret_cast<const char*>(bytes.data()), bytes.size());
            co_return record;
        }
    }
    call.refuse(Code::not_found, "action", "action \"" + action + "\" was not found");
    co_return record;
}

std::string write_explanation(const rules::Explanation& explanation, const rules::Facts& facts) {
    json::object answer = to_json(explanation);
    answer["context"] = to_json(facts);
    json::array warnings;
    for (const auto& [name, value] : facts) {
        if (rules::find_field(name)) continue;
        json::object warning{{"field", name}, {"message", "no rule can read this field"}};
        const std::string hint = rules::suggest_field(name, {});
        if (!hint.empty()) warning["hint"] = hint;
        warnings.emplace_back(std::move(warning));
    }
    if (!warnings.empty()) answer["warnings"] = std::move(warnings);
    return json::serialize(answer);
}

Awaitable<std::optional<ReplayRequest>> take_replay(Call& call) {
    std::optional<ReplayRequest> request;
    auto taken = co_await take_trial(call, read_replay);
    if (!taken) co_return request;
    request.emplace();
    request->trial = std::move(taken->trial);
    request->draft = taken->drafted;
    request->scans = static_cast<std::size_t>(scans_of(taken->others));
    co_return request;
}

void answer_replay(Call& call, const Replay& replay) {
    const auto url = [](const std::string& text) {
        return text.empty() ? json::value() : json::value(rules::well_formed(text));
    };
    json::array samples;
    for (const Diversion& scan : replay.samples) {
        json::object sample{
            {"action", scan.action}, {"type", scan.type}, {"timestamp", scan.timestamp}};
        if (!scan.short_id.empty()) sample["shortId"] = scan.short_id;
        sample["recorded"] = url(scan.recorded);
        sample["before"] = url(scan.before);
        sample["after"] = url(scan.after);
        samples.emplace_back(std::move(sample));
    }
    answer_json(call, json::object{{"scans", replay.scans},
                                   {"elsewhere", replay.elsewhere},
                                   {"samples", std::move(samples)}});
}

}  // namespace redirector::api
