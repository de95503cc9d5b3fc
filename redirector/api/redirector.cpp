#include "redirector/api/redirector.hpp"

#include "redirector/api/body.hpp"
#include "redirector/api/documents.hpp"
#include "redirector/api/projects.hpp"
#include "redirector/api/query.hpp"
#include "redirector/api/rules_json.hpp"
#include "redirector/compile_pools.hpp"
#include "redirector/config.hpp"
#include "redirector/store/ids.hpp"
#include "redirector/store/keyspace.hpp"
#include "redirector/store/redis_client.hpp"

#include <boost/json.hpp>

#include <algorithm>
#include <array>
#include <charconv>

namespace redirector::api {
namespace {

namespace json = boost::json;
using store::RedisReply;

constexpr std::array<std::string_view, 5> kReadOnly{"id", "createdAt", "updatedAt", "version",
                                                    "warnings"};

// A version may be a MiB of rules: so many are read at once, and a page ends behind so many bytes.
constexpr std::size_t kVersionsAtOnce = 4;
constexpr std::size_t kVersionPageBytes = 4 << 20;

// Keeps what was in force, if it still is what the caller has seen, and puts the new document
// (none: '') in its place.
constexpr std::string_view kWriteScript =
    "local current = redis.call('GET', KEYS[1]) or '' "
    "if current ~= ARGV[1] then return 0 end "
    "if current ~= '' then redis.call('LPUSH', KEYS[2], current) redis.call('LTRIM', KEYS[2], 0, "
    "ARGV[3] - 1) end "
    "if ARGV[2] == '' then redis.call('DEL', KEYS[1]) else redis.call('SET', KEYS[1], ARGV[2]) end "
    "return 1";

// The route's Redirector: the account's, or of the application that the path names.
struct Owner {
    explicit Owner(const Call& call)
        : level(call.captures[1].empty() ? rules::Level::account : rules::Level::application),
          name(store::keyspace::redirector_owner(call.actor.account, call.captures[1])),
          key(store::keyspace::redirector(name)),
          versions(store::keyspace::redirector_versions(name)) {}

    rules::Level level;
    std::string name, key, versions;
};

// The Redirector's owner, once it is known to exist. Nothing: answered.
Awaitable<std::optional<Owner>> find_owner(Call& call) {
    std::optional<Owner> owner(std::in_place, call);
    if (owner->level == rules::Level::account) co_return owner;
    const auto application = co_await find_application(call);
    if (!application) owner.reset();
    co_return owner;
}

rules::CompileOptions compile_options(const Call& call, rules::Level level) {
    rules::CompileOptions options;
    options.level = level;
    options.urls.short_domain = call.services.config.short_domain;
    return options;
}

// A stored document, taken apart.
struct StoredRules {
    std::string bytes;  // empty: there is none
    json::object document;

    std::int64_t number(std::string_view name) const {
        const json::value* const value = document.if_contains(name);
        return value != nullptr && value->is_int64() ? value->get_int64() : 0;
    }
    std::string etag() const { return "\"" + std::to_string(number("version")) + "\""; }
};

StoredRules parse_stored(std::string bytes) {
    StoredRules stored{std::move(bytes), {}};
    json::error_code error;
    json::value value = json::parse(stored.bytes, error);
    if (!error && value.is_object()) stored.document = std::move(value.get_object());
    return stored;
}

// nullopt: the refusal is answered.
Awaitable<std::optional<StoredRules>> read_stored(Call& call, const Owner& owner) {
    store::Command command{"GET", owner.key};
    const auto reply = co_await call.services.redis.execute(std::move(command));
    std::optional<StoredRules> stored;
    if (!reply || reply->is_error()) {
        refuse_store(call);
    } else {
        stored = parse_stored(reply->text);
    }
    co_return stored;
}

void refuse_rules(Call& call, const std::vector<rules::Problem>& found) {
    Problems problems;
    for (const rules::Problem& problem : found) {
        if (problem.severity != rules::Severity::error) continue;
        std::string field = "rules";
        if (problem.member != rules::Member::document) {
            field += "[" + std::to_string(problem.rule) + "]." +
                     std::string(rules::to_string(problem.member));
        }
        problems.push_back(
            {Code::unprocessable, std::move(field), rules::to_string(problem), problem.offset});
    }
    call.refuse(problems);
}

// The rules of a request body that compile, and what else to say about them.
struct Accepted {
    std::vector<rules::RuleSource> rules;
    std::shared_ptr<const rules::Ruleset> ruleset;
    json::array warnings;
};

// Rules on their way through the compiler, perhaps on another thread.
struct Compilation {
    std::vector<rules::RuleSource> rules;
    rules::CompileOptions options;
    boost::system::result<rules::Compiled, rules::Rejection> compiled = rules::Rejection();
};

// Nothing: answered.
Awaitable<std::optional<Accepted>> compile_rules(Call& call,
                                                 const json::value* listed,
                                                 rules::Level level) {
    std::optional<Accepted> accepted;
    if (listed == nullptr || !listed->is_array()) {
        const Code code = listed == nullptr ? Code::missing_field : Code::invalid_field;
        call.refuse(code, "rules", "redirector.rules must be an array of rules");
        co_return accepted;
    }
    ParsedRules parsed = parse_rules(listed->get_array());
    if (!parsed.problems.empty()) {
        refuse_rules(call, parsed.problems);
        co_return accepted;
    }
    const auto job = std::make_shared<Compilation>();
    job->rules = std::move(parsed.rules);
    job->options = compile_options(call, level);
    std::function<void()> work = [job] {
        job->compiled = rules::compile(job->rules, job->options);
    };
    const bool ran = co_await work_on_rules(call, job->rules, std::move(work));
    if (!ran) co_return accepted;
    if (!job->compiled) {
        refuse_rules(call, job->compiled.error().problems);
        co_return accepted;
    }
    accepted.emplace();
    accepted->rules = std::move(job->rules);
    accepted->ruleset = job->compiled->ruleset;
    for (const rules::Problem& warning : job->compiled->warnings)
        accepted->warnings.emplace_back(to_json(warning));
    co_return accepted;
}

// Nothing: answered.
Awaitable<std::optional<Accepted>> read_body(Call& call, rules::Level level) {
    ParsedBody parsed = read_object(call.request);
    for (const auto& member : parsed.object) {
        const bool known =
            member.key() == "rules" ||
            std::ranges::find(kReadOnly, std::string_view(member.key())) != kReadOnly.end();
        if (known) continue;
        parsed.problems.push_back(
            {Code::unknown_field, std::string(member.key()),
             "redirector." + std::string(member.key()) + " is not a field of this document"});
    }
    if (!parsed.problems.empty()) {
        call.refuse(parsed.problems);
        co_return std::nullopt;
    }
    const json::value* const listed = parsed.object.if_contains("rules");
    co_return co_await compile_rules(call, listed, level);
}

// If-Match, where it stands, names the version that the caller has seen (RFC 9110 13.1.1).
bool precondition_holds(Call& call, const StoredRules& current) {
    const std::string_view wanted = call.request.field(Field::if_match);
    const bool exists = !current.bytes.empty();
    if (wanted.empty() || (wanted == "*" && exists) || wanted == current.etag()) return true;
    call.refuse(Code::precondition_failed, "If-Match",
                "the Redirector is at version " + std::to_string(current.number("version")));
    return false;
}

void answer(Call& call, const StoredRules& stored, const json::array& warnings) {
    json::object document = stored.document;
    if (!document.contains("rules")) document["rules"] = json::array();
    if (!warnings.empty()) document["warnings"] = warnings;
    call.reply.add("ETag", stored.etag());
    call.reply.content_type = "application/json";
    call.reply.body = json::serialize(document);
}

// Puts `rules` in force as the version behind `current`.
Awaitable<bool> replace(Call& call,
                        const Owner& owner,
                        const StoredRules& current,
                        const std::string& next) {
    store::Command command{
        "EVAL", std::string(kWriteScript), "2", owner.key, owner.versions, current.bytes,
        next,   std::to_string(kVersions)};
    const auto reply = co_await call.services.redis.execute(std::move(command));
    if (!reply || reply->is_error()) {
        refuse_store(call);
        co_return false;
    }
    call.services.cache.invalidate(owner.key);
    if (reply->integer == 1) {
        call.changes.push_back(note_change("redirector", owner.key, current.bytes, next));
        co_return true;
    }
    call.refuse(Code::conflict, "",
                "the Redirector was changed by somebody else at the same time; read it again");
    co_return false;
}

json::object next_document(const StoredRules& current,
                           const std::vector<rules::RuleSource>& sources) {
    const std::int64_t now = now_ms();
    const json::value* const id = current.document.if_contains("id");
    json::object document{{"id", id == nullptr ? json::value(store::new_resource_id()) : *id},
                          {"createdAt", current.bytes.empty() ? now : current.number("createdAt")},
                          {"updatedAt", std::max(now, current.number("updatedAt") + 1)},
                          {"version", current.number("version") + 1}};
    document["rules"] = to_json(sources);
    return document;
}

Awaitable<void> put_in_force(Call& call,
                             const Owner& owner,
                             const StoredRules& current,
                             const Accepted& accepted) {
    StoredRules next;
    next.document = next_document(current, accepted.rules);
    next.bytes = json::serialize(next.document);
    const bool replaced = co_await replace(call, owner, current, next.bytes);
    if (replaced) answer(call, next, accepted.warnings);
}

// Versions number `first` to `first + count - 1` as stored: 0 is the one in force (empty if none
// is), those kept follow, newest first. nullopt: the refusal is answered.
Awaitable<std::optional<std::vector<std::string>>> read_versions(Call& call,
                                                                 const Owner& owner,
                                                                 std::size_t first,
                                                                 std::size_t count) {
    std::vector<store::Command> batch;
    if (first == 0) batch.push_back({"GET", owner.key});
    const std::size_t kept = first == 0 ? 0 : first - 1;
    batch.push_back({"LRANGE", owner.versions, std::to_string(kept),
                     std::to_string(kept + count - (first == 0 ? 2 : 1))});
    auto replies = co_await call.services.redis.execute(std::move(batch));
    std::optional<std::vector<std::string>> versions;
    if (!replies || std::ranges::any_of(*replies, &RedisReply::is_error)) {
        refuse_store(call);
        co_return versions;
    }
    versions.emplace();
    if (first == 0) versions->push_back(std::move(replies->front().text));
    for (RedisReply& version : replies->back().elements)
        versions->push_back(std::move(version.text));
    co_return versions;
}

// What a page of versions is to hold.
struct VersionPage {
    std::size_t first = 0;
    std::size_t size = 0;
};

std::optional<VersionPage> read_version_page(Call& call, const Query& query) {
    Paging paging;
    Problems problems = read_paging(query, paging);
    VersionPage page{0, paging.per_page};
    const std::string& token = paging.after;
    const auto parsed = std::from_chars(token.data(), token.data() + token.size(), page.first);
    const bool whole = parsed.ec == std::errc{} && parsed.ptr == token.data() + token.size();
    if (!token.empty() && (!whole || page.first > kVersions)) problems.push_back(refuse_token());
    if (paging.ascending) {
        problems.push_back(
            {Code::invalid_parameter, "sortOrder", "versions are listed newest first only"});
    }
    if (problems.empty()) return page;
    call.refuse(problems);
    return std::nullopt;
}

}  // namespace

std::optional<std::vector<rules::RuleSource>> rules_of(std::string_view document) {
    const StoredRules stored = parse_stored(std::string(document));
    const json::value* const listed = stored.document.if_contains("rules");
    if (listed == nullptr || !listed->is_array()) return std::nullopt;
    ParsedRules parsed = parse_rules(listed->get_array());
    if (!parsed.problems.empty()) return std::nullopt;
    return std::move(parsed.rules);
}

Awaitable<bool> work_on_rules(Call& call,
                              std::span<const rules::RuleSource> sources,
                              std::function<void()> work) {
    if (rules::text_bytes(sources) < CompilePools::kLongRules) {
        work();
        co_return true;
    }
    const bool ran = co_await call.services.compiling.drafts.run(std::move(work));
    if (!ran) call.refuse(Code::unavailable, "", "too many rules are being compiled; try again");
    co_return ran;
}

Awaitable<void> read_redirector(Call& call) {
    const auto owner = co_await find_owner(call);
    if (!owner) co_return;
    const auto stored = co_await read_stored(call, *owner);
    if (!stored) co_return;
    answer(call, *stored, {});
    if (call.request.field(Field::if_none_match) != stored->etag()) co_return;
    call.reply.status = 304;
    call.reply.body.clear();
}

Awaitable<void> write_redirector(Call& call) {
    const auto owner = co_await find_owner(call);
    if (!owner) co_return;
    const auto accepted = co_await read_body(call, owner->level);
    if (!accepted) co_return;
    const auto current = co_await read_stored(call, *owner);
    if (!current || !precondition_holds(call, *current)) co_return;
    co_await put_in_force(call, *owner, *current, *accepted);
}

Awaitable<void> remove_redirector(Call& call) {
    const auto owner = co_await find_owner(call);
    if (!owner) co_return;
    const auto current = co_await read_stored(call, *owner);
    if (!current || !precondition_holds(call, *current)) co_return;
    const std::string nothing;
    co_await replace(call, *owner, *current, nothing);
}

Awaitable<void> list_versions(Call& call) {
    const auto owner = co_await find_owner(call);
    if (!owner) co_return;
    const Query query(call.request.query);
    const auto page = read_version_page(call, query);
    if (!page) co_return;
    const std::size_t end = page->first + page->size;
    std::size_t next = page->first;
    std::string list = "[";
    bool more = true;
    while (more && next < end && list.size() < kVersionPageBytes) {
        const std::size_t step = std::min(kVersionsAtOnce, end - next);
        const auto versions = co_await read_versions(call, *owner, next, step);
        if (!versions) co_return;
        for (const std::string& version : *versions) {
            if (!version.empty()) list.append(list.size() > 1 ? "," : "").append(version);
        }
        more = versions->size() == step;
        next += step;
    }
    if (more) {
        call.reply.add("Link", next_link(call.services.config.api_url, call.request.path, query,
                                         std::to_string(next)));
    }
    call.reply.content_type = "application/json";
    call.reply.body = list + "]";
}

Awaitable<void> activate_version(Call& call) {
    // The version is the last capture of the route, for an account the only one.
    const std::string text(call.captures[2].empty() ? call.captures[0] : call.captures[2]);
    const auto owner = co_await find_owner(call);
    if (!owner) co_return;
    const auto current = co_await read_stored(call, *owner);
    if (!current || !precondition_holds(call, *current)) co_return;
    bool more = true;
    for (std::size_t next = 0; more; next += kVersionsAtOnce) {
        auto versions = co_await read_versions(call, *owner, next, kVersionsAtOnce);
        if (!versions) co_return;
        more = versions->size() == kVersionsAtOnce;
        for (std::string& bytes : *versions) {
            const StoredRules version = parse_stored(std::move(bytes));
            if (version.bytes.empty() || std::to_string(version.number("version")) != text)
                continue;
            const json::value* const listed = version.document.if_contains("rules");
            const auto accepted = co_await compile_rules(call, listed, owner->level);
            if (accepted) co_await put_in_force(call, *owner, *current, *accepted);
            co_return;
        }
    }
    call.refuse(Code::not_found, "version",
                "version \"" + text + "\" was not found among those kept");
}

Awaitable<std::optional<Trial>> take_trial(Call& call, const json::value* draft) {
    std::optional<Trial> trial;
    const auto owner = co_await find_owner(call);
    if (!owner) co_return trial;
    const json::value none = json::array();
    const json::value* listed = draft;
    std::optional<StoredRules> stored;
    if (draft == nullptr) {
        stored = co_await read_stored(call, *owner);
        if (!stored) co_return trial;
        listed = stored->document.if_contains("rules");
    }
    if (listed == nullptr) listed = &none;
    auto accepted = co_await compile_rules(call, listed, owner->level);
    if (!accepted) co_return trial;
    trial.emplace();
    trial->options = compile_options(call, owner->level);
    trial->key = owner->key;
    trial->rules = std::move(accepted->rules);
    trial->ruleset = std::move(accepted->ruleset);
    co_return trial;
}

}  // namespace redirector::api
