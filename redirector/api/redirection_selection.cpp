#include "redirector/api/redirection_selection.hpp"

#include "redirector/api/body.hpp"
#include "redirector/api/documents.hpp"
#include "redirector/api/filter.hpp"
#include "redirector/api/redirections.hpp"
#include "redirector/api/tables.hpp"
#include "redirector/store/ids.hpp"

#include <boost/json.hpp>

#include <algorithm>
#include <charconv>

namespace redirector::api {
namespace {

namespace json = boost::json;

using ShortIds = std::vector<std::string>;

// Redirections looked at in one trip: a trip's replies are read in a fraction of a millisecond.
constexpr std::size_t kAtOnce = 250;
constexpr std::size_t kMostNamed = 20;

// Empty: not a scalar.
std::optional<std::string> scalar_text(const json::value& value) {
    if (value.is_string()) return std::string(value.get_string());
    if (value.is_bool()) return value.get_bool() ? "1" : "0";
    if (value.is_int64()) return std::to_string(value.get_int64());
    if (!value.is_double()) return std::nullopt;
    std::array<char, 32> digits;
    const auto [end, error] =
        std::to_chars(digits.data(), digits.data() + digits.size(), value.get_double());
    return std::string(digits.data(), end);
}

bool is_selector(std::string_view name) {
    return std::ranges::find(kSelectionFields, name, &FieldSpec::name) != kSelectionFields.end();
}

RedirectionSelection selection_of(const json::object& body) {
    RedirectionSelection selection;
    if (const json::value* const ids = body.if_contains("shortIds")) {
        for (const json::value& id : ids->get_array())
            selection.short_ids.emplace_back(id.get_string());
    }
    const json::value* const all = body.if_contains("all");
    selection.all = all != nullptr && all->get_bool();
    selection.evrythng_id = text_of(body, "evrythngId");
    selection.filter = text_of(body, "filter");
    return selection;
}

std::string quoted_list(const ShortIds& ids) {
    std::string list;
    for (std::size_t i = 0; i < std::min(ids.size(), kMostNamed); ++i)
        list.append(list.empty() ? "\"" : ", \"").append(ids[i]).append("\"");
    if (ids.size() > kMostNamed)
        list.append(" and ").append(std::to_string(ids.size() - kMostNamed)).append(" others");
    return list;
}

void refuse_field(Call& call, std::string_view document, std::string field, std::string_view why) {
    std::string message = std::string(document) + "." + field + " " + std::string(why);
    call.refuse(Code::invalid_field, std::move(field), std::move(message));
}

void refuse_too_many(Call& call, std::string_view document, std::string field) {
    const std::string why = "selects more than " + std::to_string(kMaxSelected) + " redirections";
    refuse_field(call, document, std::move(field), why);
}

// The listed ones, all of which must be there and be seen.
Awaitable<std::optional<ShortIds>> select_listed(Call& call,
                                                 std::string_view document,
                                                 ShortIds ids) {
    std::optional<ShortIds> nothing;
    ShortIds unknown;
    store::Redirections redirections(call.services.redis, call.services.scan_redis);
    for (std::size_t begin = 0; begin < ids.size(); begin += kAtOnce) {
        const auto first = ids.begin() + static_cast<std::ptrdiff_t>(begin);
        const auto count = static_cast<std::ptrdiff_t>(std::min(kAtOnce, ids.size() - begin));
        const ShortIds wanted(first, first + count);
        auto found = co_await redirections.find(wanted, call.actor.account);
        if (!found) {
            refuse_store(call);
            co_return nothing;
        }
        const bool looked = co_await keep_visible(call, *found);
        if (!looked) co_return nothing;
        auto next = found->begin();
        for (const std::string& id : wanted) {
            if (next != found->end() && next->short_id == id) {
                ++next;
            } else {
                unknown.push_back(id);
            }
        }
    }
    if (unknown.empty()) co_return ids;
    refuse_field(call, document, "shortIds", "names no redirection: " + quoted_list(unknown));
    co_return nothing;
}

// Those of the account's or the resource's index that the filter matches.
Awaitable<std::optional<ShortIds>> select_found(Call& call,
                                                std::string_view document,
                                                const RedirectionSelection& selection,
                                                const Filter& filter) {
    const std::string_view field = selection.all                   ? "all"
                                   : selection.evrythng_id.empty() ? "filter"
                                                                   : "evrythngId";
    store::ListQuery query{call.actor.account, selection.evrythng_id, kAtOnce, true, ""};
    store::Redirections redirections(call.services.redis, call.services.scan_redis);
    std::optional<ShortIds> nothing;
    ShortIds ids;
    do {
        store::ListResult result = co_await redirections.list(query);
        if (result.outcome != store::Outcome::done) {
            refuse_store(call);
            co_return nothing;
        }
        std::erase_if(result.page, [&filter](const store::StoredRedirection& stored) {
            return !filter.empty() && !filter.matches(filterable(stored));
        });
        const bool looked = co_await keep_visible(call, result.page);
        if (!looked) co_return nothing;
        for (store::StoredRedirection& stored : result.page)
            ids.push_back(std::move(stored.short_id));
        query.after = result.next;
    } while (!query.after.empty() && ids.size() <= kMaxSelected);
    if (ids.size() > kMaxSelected) {
        refuse_too_many(call, document, std::string(field));
        co_return nothing;
    }
    if (ids.empty()) {
        refuse_field(call, document, std::string(field), "selects no redirection");
        co_return nothing;
    }
    co_return ids;
}

}  // namespace

json::object filterable(const store::StoredRedirection& stored) {
    return {{"shortId", stored.short_id},
            {"type", store::name_of(stored.redirection.type)},
            {"evrythngId", stored.redirection.evrythng_id},
            {"createdAt", stored.redirection.created_at}};
}

SelectionBody read_selection(const Request& request, const DocumentSpec& spec) {
    SelectionBody body;
    ParsedBody parsed = read_document(request, spec, Verb::create);
    body.problems = std::move(parsed.problems);
    if (!body.problems.empty()) return body;
    body.selection = selection_of(parsed.object);
    for (const auto& member : parsed.object) {
        if (is_selector(member.key())) continue;
        if (auto text = scalar_text(member.value())) {
            body.others.emplace_back(member.key(), std::move(*text));
        } else {
            const std::string name(member.key());
            body.problems.push_back(
                {Code::invalid_field, name,
                 std::string(spec.name) + "." + name + " must be a text, a number or a boolean"});
        }
    }
    return body;
}

Awaitable<std::optional<std::vector<std::string>>> select_redirections(
    Call& call, std::string_view document, RedirectionSelection selection) {
    std::optional<ShortIds> selected;
    const int selectors = (selection.short_ids.empty() ? 0 : 1) + (selection.all ? 1 : 0) +
                          (selection.evrythng_id.empty() ? 0 : 1) +
                          (selection.filter.empty() ? 0 : 1);
    if (selectors != 1) {
        refuse_field(call, document, "shortIds",
                     "must be given, with at least one short ID, or all, evrythngId or filter "
                     "instead of it");
        co_return selected;
    }
    if (!selection.short_ids.empty()) {
        ShortIds malformed;
        std::ranges::remove_copy_if(selection.short_ids, std::back_inserter(malformed),
                                    [](const std::string& id) { return store::is_short_id(id); });
        if (!malformed.empty()) {
            refuse_field(call, document, "shortIds",
                         "holds what is no short ID: " + quoted_list(malformed));
            co_return selected;
        }
        selected = co_await select_listed(call, document, std::move(selection.short_ids));
        co_return selected;
    }
    Filter filter(kRedirection);
    if (const Problems problems = filter.parse(selection.filter); !problems.empty()) {
        call.refuse(problems);
        co_return selected;
    }
    selected = co_await select_found(call, document, selection, filter);
    co_return selected;
}

}  // namespace redirector::api
