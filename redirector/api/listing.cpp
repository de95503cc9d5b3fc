#include "redirector/api/listing.hpp"

#include "redirector/api/scopes.hpp"
#include "redirector/config.hpp"
#include "redirector/store/ids.hpp"

#include <boost/json.hpp>

#include <algorithm>

namespace redirector::api {
namespace {

namespace json = boost::json;

constexpr std::size_t kMaxIdBytes = 120;

// The index to walk, and whether all in it is wanted.
struct Plan {
    std::vector<std::string> indexes;
    bool exact = false;
};

Plan make_plan(const Call& call, const Selection& selection) {
    const DocumentSpec& spec = selection.spec;
    const bool all_seen = call.actor.type == KeyType::operator_;
    const bool has_within = !selection.within.empty();
    const bool by_project = !selection.project.empty();
    Plan plan;
    plan.indexes = selection.filter.indexes();
    if (!plan.indexes.empty()) {
        plan.exact = selection.filter.exact() && all_seen && !by_project && !has_within;
    } else if (has_within) {
        plan.indexes = {selection.within};
        plan.exact = selection.filter.empty() && all_seen && !by_project;
    } else if (by_project) {
        plan.indexes = {index_of_project(spec, selection.project)};
        plan.exact = selection.filter.empty() && call.actor.type != KeyType::user;
    } else {
        plan.indexes = {std::string(spec.name)};
        plan.exact = selection.filter.empty() && all_seen;
    }
    return plan;
}

// Whether the document is one of those selected.
bool selected(const Call& call, const Selection& selection, const Document& document) {
    if (!visible(call.actor, document.fields)) return false;
    if (!selection.project.empty() && !in_project(document.fields, selection.project)) return false;
    if (!selection.filter.matches(document.fields)) return false;
    if (selection.within.empty()) return true;
    const std::vector<std::string> indexes = indexes_of(selection.spec, document.fields);
    return std::ranges::binary_search(indexes, selection.within);
}

Awaitable<std::optional<Page>> read_by_ids(Call& call, const Selection& selection) {
    std::optional<Page> page;
    std::vector<std::string> ids = selection.ids;
    auto found = co_await find_documents(call, selection.spec, std::move(ids));
    if (!found) co_return page;
    std::erase_if(*found, [&](const Document& d) { return !selected(call, selection, d); });
    const std::size_t total = found->size();
    page = Page{std::move(*found), "", total};
    co_return page;
}

}  // namespace

std::vector<std::string> read_ids(std::string_view text, Problems& problems) {
    std::vector<std::string> ids;
    while (!text.empty()) {
        const std::string_view id = text.substr(0, text.find(','));
        text.remove_prefix(std::min(text.size(), id.size() + 1));
        if (id.size() <= kMaxIdBytes) ids.emplace_back(id);
    }
    if (ids.empty() || ids.size() > kMaxIds) {
        problems.push_back(
            {Code::invalid_parameter, "ids", "ids must be 1 to 100 IDs with commas between them"});
    }
    return ids;
}

Problems read_selection(const Call& call, const Query& query, Selection& selection) {
    Problems problems = read_paging(query, selection.paging);
    if (!selection.paging.after.empty() && !store::is_document_member(selection.paging.after)) {
        problems.push_back(refuse_token());
    }
    const Problems others = read_conditions(call, query, selection);
    problems.insert(problems.end(), others.begin(), others.end());
    return problems;
}

Problems read_conditions(const Call& call, const Query& query, Selection& selection) {
    Problems problems;
    if (const auto ids = query.find("ids")) {
        selection.by_ids = true;
        selection.ids = read_ids(*ids, problems);
    }
    if (const auto text = query.find("filter")) {
        const Problems found = selection.filter.parse(*text);
        problems.insert(problems.end(), found.begin(), found.end());
    }
    const std::string asked(query.find("project").value_or(""));
    if (!asked.empty() && !store::is_resource_id(asked)) {
        problems.push_back(
            {Code::invalid_parameter, "project", "project must be an ID of 24 letters and digits"});
    }
    const auto app = query.find("app");
    if (app && selection.spec.find("app") != nullptr && selection.within.empty()) {
        if (!store::is_resource_id(*app)) {
            problems.push_back(
                {Code::invalid_parameter, "app", "app must be an ID of 24 letters and digits"});
        }
        selection.within = index_of_value(selection.spec, "app", *app);
    }
    const bool scoped = selection.spec.find("scopes") != nullptr;
    if (scoped) selection.project = asked.empty() ? call.actor.project : asked;
    return problems;
}

Awaitable<std::optional<Page>> read_page(Call& call, const Selection& selection) {
    std::optional<Page> page;
    if (selection.by_ids) {
        page = co_await read_by_ids(call, selection);
        co_return page;
    }
    store::Documents store(call.services.redis, call.actor.account);
    const Plan plan = make_plan(call, selection);
    const std::size_t wanted = selection.paging.per_page;
    store::MemberQuery query;
    query.indexes = plan.indexes;
    query.ascending = selection.paging.ascending;
    query.after = selection.paging.after;
    const Filter::Span created = selection.filter.span_of("createdAt");
    query.not_before = created.first;
    query.not_after = created.last;
    query.limit = plan.exact ? wanted : std::max<std::size_t>(wanted, 100);
    Page result;
    for (std::size_t examined = 0;;) {
        const store::Members found = co_await store.members(query);
        std::vector<std::string> ids;
        for (const std::string& member : found.members)
            ids.emplace_back(store::id_of_member(member));
        auto records = co_await store.read(ids);
        if (found.store_down || !records) {
            refuse_store(call);
            co_return page;
        }
        std::size_t at = 0;
        for (; at < records->size() && result.documents.size() < wanted; ++at) {
            auto document = parse_document(selection.spec, std::move((*records)[at]));
            if (document && selected(call, selection, *document))
                result.documents.push_back(std::move(*document));
        }
        examined += at;
        const bool more = found.more || at < ids.size();
        if (at > 0) query.after = found.members[at - 1];
        if (!more) break;
        if (result.documents.size() < wanted && examined < kMaxExamined) continue;
        result.next = query.after;
        break;
    }
    if (plan.exact) {
        result.total = co_await store.count(plan.indexes.front());
    } else if (result.next.empty() && selection.paging.after.empty()) {
        result.total = result.documents.size();
    }
    page = std::move(result);
    co_return page;
}

json::object shown(const DocumentSpec& spec, const Query& query, json::object fields) {
    hide(spec, fields);
    if (query.find("withScopes") != "true") fields.erase("scopes");
    return fields;
}

void answer_page(Call& call, const Query& query, const DocumentSpec& spec, Page page) {
    json::array documents;
    for (Document& document : page.documents)
        documents.emplace_back(shown(spec, query, std::move(document.fields)));
    if (page.total) call.reply.add("x-result-count", std::to_string(*page.total));
    if (!page.next.empty()) {
        call.reply.add(
            "Link", next_link(call.services.config.api_url, call.request.path, query, page.next));
    }
    answer_json(call, documents);
}

Awaitable<void> answer_list(Call& call, const DocumentSpec& spec, std::string within) {
    const Query query(call.request.query);
    Selection selection(spec);
    selection.within = std::move(within);
    const Problems problems = read_selection(call, query, selection);
    if (!problems.empty()) {
        call.refuse(problems);
        co_return;
    }
    auto page = co_await read_page(call, selection);
    if (page) answer_page(call, query, spec, std::move(*page));
}

}  // namespace redirector::api
