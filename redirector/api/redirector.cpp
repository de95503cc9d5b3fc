#include "redirector/api/redirector.hpp"

#include "redirector/api/documents.hpp"
#include "redirector/api/projects.hpp"
#include "redirector/api/query.hpp"
#include "redirector/api/rules_json.hpp"
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

// A stored document is `{"id", "createdAt", "updatedAt", "version", "rules": [...]}`, in this order:
// so that all but its rules is read without reading those, which may be megabytes.
constexpr std::string_view kBeforeRules = ",\"rules\":";

struct StoredRules {
    std::string bytes;  // empty: there is none
    json::object head;  // without the rules; empty when it is no document

    std::int64_t number(std::string_view name) const {
        const json::value* const value = head.if_contains(name);
        return value != nullptr && value->is_int64() ? value->get_int64() : 0;
    }
    std::string etag() const { return "\"" + std::to_string(number("version")) + "\""; }
};

StoredRules parse_stored(std::string bytes) {
    StoredRules stored;
    json::error_code error;
    const std::size_t end = bytes.find(kBeforeRules);
    if (end != bytes.npos) {
        json::value value = json::parse(bytes.substr(0, end) + "}", error);
        if (!error && value.is_object()) stored.head = std::move(value.get_object());
    }
    stored.bytes = std::move(bytes);
    return stored;
}

std::string stored_form(const json::object& head, std::string_view rules) {
    std::string bytes = json::serialize(head);
    bytes.pop_back();
    return bytes.append(kBeforeRules).append(rules).append("}");
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

// The body of PUT: what stands in it beside "rules" is refused, or is what GET shows.
ParsedBody read_redirector_body(const Request& request) {
    ParsedBody parsed = read_object(request);
    for (const auto& member : parsed.object) {
        const bool known =
            member.key() == "rules" ||
            std::ranges::find(kReadOnly, std::string_view(member.key())) != kReadOnly.end();
        if (known) continue;
        parsed.problems.push_back(
            {Code::unknown_field, std::string(member.key()),
             "redirector." + std::string(member.key()) + " is not a field of this document"});
    }
    if (parsed.problems.empty() && !parsed.object.contains("rules")) {
        parsed.problems.push_back(
            {Code::missing_field, "rules", "redirector.rules must be an array of rules"});
    }
    return parsed;
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

void answer(Call& call, StoredRules stored, const json::array& warnings) {
    call.reply.add("ETag", stored.etag());
    call.reply.content_type = "application/json";
    if (stored.head.empty()) {
        call.reply.body = "{\"rules\":[]}";
        return;
    }
    call.reply.body = std::move(stored.bytes);
    if (warnings.empty()) return;
    call.reply.body.pop_back();
    call.reply.body.append(",\"warnings\":").append(json::serialize(warnings)).append("}");
}

// Another version on its way into the store; `next` empty: none is in force then.
struct Replacement {
    std::string key, current, next;
    ChangeNote note;

    void prepare() { note = note_change("redirector", key, current, next); }
};

// Puts `next` in force as the version behind `current`. False: answered.
Awaitable<bool> replace(Call& call, const Owner& owner, std::string current, std::string next) {
    const auto replacement = std::make_shared<Replacement>();
    *replacement = {owner.key, std::move(current), std::move(next), {}};
    const std::size_t bytes = replacement->current.size() + replacement->next.size();
    std::function<void()> work = [replacement] { replacement->prepare(); };
    const bool prepared = co_await work_on_text(call, bytes, std::move(work));
    if (!prepared) co_return false;
    store::Command command{"EVAL",
                           std::string(kWriteScript),
                           "2",
                           owner.key,
                           owner.versions,
                           replacement->current,
                           replacement->next,
                           std::to_string(kVersions)};
    const auto reply = co_await call.services.redis.execute(std::move(command));
    if (!reply || reply->is_error()) {
        refuse_store(call);
        co_return false;
    }
    call.services.cache.invalidate(owner.key);
    if (reply->integer == 1) {
        call.changes.push_back(std::move(replacement->note));
        co_return true;
    }
    call.refuse(Code::conflict, "",
                "the Redirector was changed by somebody else at the same time; read it again");
    co_return false;
}

json::object next_head(const StoredRules& current) {
    const std::int64_t now = now_ms();
    const json::value* const id = current.head.if_contains("id");
    return {{"id", id == nullptr ? json::value(store::new_resource_id()) : *id},
            {"createdAt", current.bytes.empty() ? now : current.number("createdAt")},
            {"updatedAt", std::max(now, current.number("updatedAt") + 1)},
            {"version", current.number("version") + 1}};
}

Awaitable<void> put_in_force(Call& call,
                             const Owner& owner,
                             StoredRules current,
                             const Draft& draft) {
    StoredRules next;
    next.head = next_head(current);
    next.bytes = stored_form(next.head, draft.json);
    const bool replaced = co_await replace(call, owner, std::move(current.bytes), next.bytes);
    if (replaced) answer(call, std::move(next), draft.warnings);
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
    json::error_code error;
    const json::value value = json::parse({document.data(), document.size()}, error);
    const json::object* const object = error ? nullptr : value.if_object();
    const json::value* const listed = object == nullptr ? nullptr : object->if_contains("rules");
    if (listed == nullptr || !listed->is_array()) return std::nullopt;
    ParsedRules parsed = parse_rules(listed->get_array());
    if (!parsed.problems.empty()) return std::nullopt;
    return std::move(parsed.rules);
}

Awaitable<void> read_redirector(Call& call) {
    const auto owner = co_await find_owner(call);
    if (!owner) co_return;
    auto stored = co_await read_stored(call, *owner);
    if (!stored) co_return;
    const std::string etag = stored->etag();
    answer(call, std::move(*stored), {});
    if (call.request.field(Field::if_none_match) != etag) co_return;
    call.reply.status = 304;
    call.reply.body.clear();
}

Awaitable<void> write_redirector(Call& call) {
    const auto owner = co_await find_owner(call);
    if (!owner) co_return;
    rules::CompileOptions options = compile_options(call, owner->level);
    const auto body = co_await read_draft(call, read_redirector_body, std::move(options));
    if (!body) co_return;
    auto current = co_await read_stored(call, *owner);
    if (!current || !precondition_holds(call, *current)) co_return;
    co_await put_in_force(call, *owner, std::move(*current), *body->draft);
}

Awaitable<void> remove_redirector(Call& call) {
    const auto owner = co_await find_owner(call);
    if (!owner) co_return;
    auto current = co_await read_stored(call, *owner);
    if (!current || !precondition_holds(call, *current)) co_return;
    std::string nothing;
    co_await replace(call, *owner, std::move(current->bytes), std::move(nothing));
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
    auto current = co_await read_stored(call, *owner);
    if (!current || !precondition_holds(call, *current)) co_return;
    bool more = true;
    for (std::size_t next = 0; more; next += kVersionsAtOnce) {
        auto versions = co_await read_versions(call, *owner, next, kVersionsAtOnce);
        if (!versions) co_return;
        more = versions->size() == kVersionsAtOnce;
        for (std::string& bytes : *versions) {
            StoredRules version = parse_stored(std::move(bytes));
            if (version.bytes.empty() || std::to_string(version.number("version")) != text)
                continue;
            rules::CompileOptions options = compile_options(call, owner->level);
            const auto draft =
                co_await compile_stored(call, std::move(version.bytes), std::move(options));
            if (draft) co_await put_in_force(call, *owner, std::move(*current), *draft);
            co_return;
        }
    }
    call.refuse(Code::not_found, "version",
                "version \"" + text + "\" was not found among those kept");
}

Awaitable<std::optional<TrialBody>> take_trial(Call& call, BodyReader reader) {
    std::optional<TrialBody> taken;
    const auto owner = co_await find_owner(call);
    if (!owner) co_return taken;
    const rules::CompileOptions options = compile_options(call, owner->level);
    rules::CompileOptions of_body = options;
    auto body = co_await read_draft(call, reader, std::move(of_body));
    if (!body) co_return taken;
    const bool drafted = body->draft.has_value();
    if (!drafted) {
        auto stored = co_await read_stored(call, *owner);
        if (!stored) co_return taken;
        rules::CompileOptions of_stored = options;
        body->draft = co_await compile_stored(call, std::move(stored->bytes), std::move(of_stored));
        if (!body->draft) co_return taken;
    }
    taken.emplace();
    taken->others = std::move(body->others);
    taken->drafted = drafted;
    taken->trial.options = options;
    taken->trial.key = owner->key;
    taken->trial.rules = std::move(body->draft->rules);
    taken->trial.ruleset = std::move(body->draft->ruleset);
    co_return taken;
}

}  // namespace redirector::api
