// Redirections by the page, and changes of many at once.
// Shape:   a list walks the index of the account, or that of the one resource that the request or
//          its filter names, and passes over what it did not ask for; like every list it stops
//          after kMaxExamined and goes on by its Link.
#include "redirector/api/filter.hpp"
#include "redirector/api/listing.hpp"
#include "redirector/api/query.hpp"
#include "redirector/api/redirection_selection.hpp"
#include "redirector/api/redirections.hpp"
#include "redirector/api/tables.hpp"
#include "redirector/config.hpp"
#include "redirector/store/documents.hpp"
#include "redirector/store/ids.hpp"

#include <boost/json.hpp>

#include <algorithm>

namespace redirector::api {
namespace {

namespace json = boost::json;

constexpr std::size_t kAtOnce = 100;  // looked at in one trip, where some are passed over

struct Wanted {
    std::vector<std::string> ids;
    bool by_ids = false;
    store::ListQuery list;
    Filter filter{kRedirection};
    std::string project;  // empty: any
};

struct RedirectionPage {
    std::vector<store::StoredRedirection> found;
    std::string next;                    // token of the next page; empty: this is the last
    std::optional<std::uint64_t> total;  // where it is known without counting
};

Problem refuse_id(std::string_view parameter) {
    return {Code::invalid_parameter, std::string(parameter),
            std::string(parameter) + " must be an ID of 24 letters and digits"};
}

// The resource that everything wanted is a redirection of, when the filter says so.
std::string resource_of(const Filter& filter) {
    const std::string prefix = index_of_value(kRedirection, "evrythngId", "");
    for (const std::vector<std::string>& indexes : filter.alternatives()) {
        if (indexes.size() == 1 && indexes.front().starts_with(prefix))
            return indexes.front().substr(prefix.size());
    }
    return {};
}

Problems read_wanted(const Call& call, const Query& query, Wanted& wanted) {
    Paging paging;
    Problems problems = read_paging(query, paging);
    if (!paging.after.empty() && !store::is_index_member(paging.after))
        problems.push_back(refuse_token());
    if (const auto ids = query.find("ids")) {
        wanted.by_ids = true;
        wanted.ids = read_ids(*ids, problems);
    }
    if (const auto text = query.find("filter")) {
        const Problems found = wanted.filter.parse(*text);
        problems.insert(problems.end(), found.begin(), found.end());
    }
    wanted.project = query.find("project").value_or("");
    if (!wanted.project.empty() && !store::is_resource_id(wanted.project))
        problems.push_back(refuse_id("project"));
    const auto resource = query.find("evrythngId");
    if (resource && !store::is_resource_id(*resource)) problems.push_back(refuse_id("evrythngId"));
    wanted.list = {call.actor.account, std::string(resource.value_or("")), paging.per_page,
                   paging.ascending, paging.after};
    if (problems.empty() && wanted.list.evrythng_id.empty())
        wanted.list.evrythng_id = resource_of(wanted.filter);
    return problems;
}

// Takes out what was not asked for or is not seen. False: answered.
Awaitable<bool> sift(Call& call,
                     const Wanted& wanted,
                     std::vector<store::StoredRedirection>& found) {
    std::erase_if(found, [&wanted](const store::StoredRedirection& stored) {
        return !wanted.filter.empty() && !wanted.filter.matches(filterable(stored));
    });
    co_return co_await keep_visible(call, found, wanted.project);
}

Awaitable<std::optional<RedirectionPage>> read_listed(Call& call, const Wanted& wanted) {
    store::Redirections redirections(call.services.redis, call.services.scan_redis);
    std::optional<RedirectionPage> page;
    auto found = co_await redirections.find(wanted.ids, call.actor.account);
    if (!found) {
        refuse_store(call);
        co_return page;
    }
    std::erase_if(*found, [&wanted](const store::StoredRedirection& stored) {
        const std::string& resource = wanted.list.evrythng_id;
        return !resource.empty() && stored.redirection.evrythng_id != resource;
    });
    const bool sifted = co_await sift(call, wanted, *found);
    if (!sifted) co_return page;
    const bool counted = co_await redirections.count_hits(*found);
    if (!counted) {
        refuse_store(call);
        co_return page;
    }
    const std::size_t total = found->size();
    page = RedirectionPage{std::move(*found), "", total};
    co_return page;
}

// Appends what fits; the token to go on with when something did not.
std::string take(std::size_t per_page, store::ListResult& result, RedirectionPage& page) {
    const std::size_t room = per_page - page.found.size();
    const auto end =
        result.page.begin() + static_cast<std::ptrdiff_t>(std::min(room, result.page.size()));
    std::move(result.page.begin(), end, std::back_inserter(page.found));
    return end == result.page.end() ? result.next : store::member_of(page.found.back());
}

// Whether all behind the token was created outside the span.
bool is_past(const std::string& token, bool ascending, const Filter::Span& span) {
    if (!ascending) return token < store::index_member(span.first, "");
    return span.last < INT64_MAX && token >= store::index_member(span.last + 1, "");
}

Awaitable<std::optional<RedirectionPage>> read_page(Call& call, const Wanted& wanted) {
    std::optional<RedirectionPage> answer;
    if (wanted.by_ids) {
        answer = co_await read_listed(call, wanted);
        co_return answer;
    }
    const bool plain =
        wanted.filter.empty() && wanted.project.empty() && call.actor.type == KeyType::operator_;
    const Filter::Span created = wanted.filter.span_of("createdAt");
    const std::size_t per_page = wanted.list.per_page;
    store::ListQuery query = wanted.list;
    if (!plain) query.per_page = std::max(per_page, kAtOnce);
    store::Redirections redirections(call.services.redis, call.services.scan_redis);
    RedirectionPage page;
    for (std::size_t examined = 0;;) {
        store::ListResult result = co_await redirections.list(query);
        if (result.outcome != store::Outcome::done) {
            refuse_store(call);
            co_return answer;
        }
        if (plain) page.total = result.total;
        const bool sifted = co_await sift(call, wanted, result.page);
        if (!sifted) co_return answer;
        page.next = take(per_page, result, page);
        if (is_past(page.next, query.ascending, created)) page.next.clear();
        examined += query.per_page;
        query.after = page.next;
        if (page.next.empty() || page.found.size() == per_page || examined >= kMaxExamined) break;
    }
    if (!plain && page.next.empty() && wanted.list.after.empty()) page.total = page.found.size();
    answer = std::move(page);
    co_return answer;
}

// The redirections that a change of many means; nothing: answered.
Awaitable<std::optional<std::vector<store::StoredRedirection>>> select_all(Call& call) {
    Wanted wanted;
    Problems problems = read_wanted(call, Query(call.request.query), wanted);
    std::optional<std::vector<store::StoredRedirection>> all;
    if (!wanted.by_ids && wanted.filter.empty() && wanted.list.evrythng_id.empty()) {
        problems.push_back(
            {Code::invalid_parameter, "filter",
             "a change of many needs ids, evrythngId or a filter that is not empty"});
    }
    if (!problems.empty()) {
        call.refuse(problems);
        co_return all;
    }
    wanted.list.per_page = kAtOnce;
    wanted.list.after.clear();
    std::vector<store::StoredRedirection> found;
    do {
        auto page = co_await read_page(call, wanted);
        if (!page) co_return all;
        std::ranges::move(page->found, std::back_inserter(found));
        wanted.list.after = page->next;
    } while (!wanted.list.after.empty() && found.size() <= kMaxBulk);
    if (found.size() <= kMaxBulk) {
        all = std::move(found);
    } else {
        call.refuse(Code::invalid_parameter, "filter",
                    "filter: more than 500 redirections match; nothing was changed");
    }
    co_return all;
}

void answer_count(Call& call, std::size_t count) {
    call.reply.status = 204;
    call.reply.add("x-result-count", std::to_string(count));
}

}  // namespace

Awaitable<void> list_redirections(Call& call) {
    const Query query(call.request.query);
    Wanted wanted;
    const Problems problems = read_wanted(call, query, wanted);
    if (!problems.empty()) {
        call.refuse(problems);
        co_return;
    }
    const auto page = co_await read_page(call, wanted);
    if (!page) co_return;
    json::array documents;
    for (const store::StoredRedirection& stored : page->found)
        documents.emplace_back(to_json(call.services.config, stored));
    if (page->total) call.reply.add("x-result-count", std::to_string(*page->total));
    if (!page->next.empty()) {
        call.reply.add(
            "Link", next_link(call.services.config.api_url, call.request.path, query, page->next));
    }
    answer_json(call, documents);
}

// One after the other: where the store fails half way the same call again changes the rest.
Awaitable<void> update_redirections(Call& call) {
    const auto update = take_redirection(call, kRedirection, Verb::update);
    if (!update) co_return;
    const auto selected = co_await select_all(call);
    if (!selected) co_return;
    const Reply unanswered = call.reply;
    std::size_t count = 0;
    for (const store::StoredRedirection& stored : *selected) {
        const auto changed = co_await change_redirection(call, stored.short_id, *update);
        if (changed) {
            ++count;
        } else if (call.reply.status == 404) {
            call.reply = unanswered;  // somebody else removed it meanwhile
        } else {
            co_return;
        }
    }
    answer_count(call, count);
}

Awaitable<void> remove_redirections(Call& call) {
    auto selected = co_await select_all(call);
    if (!selected) co_return;
    const Reply unanswered = call.reply;
    std::size_t count = 0;
    for (store::StoredRedirection& stored : *selected) {
        co_await remove_found(call, std::move(stored));
        if (call.reply.status == unanswered.status) {
            ++count;
        } else if (call.reply.status == 404) {
            call.reply = unanswered;
        } else {
            co_return;
        }
    }
    answer_count(call, count);
}

}  // namespace redirector::api
