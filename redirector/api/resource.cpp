#include "redirector/api/resource.hpp"

#include "redirector/api/listing.hpp"
#include "redirector/api/route.hpp"
#include "redirector/api/scopes.hpp"
#include "redirector/config.hpp"
#include "redirector/store/ids.hpp"

#include <boost/json.hpp>

namespace redirector::api {
namespace {

namespace json = boost::json;

const Resource& resource_of(const Call& call) {
    return *call.route->resource;
}

bool is_scoped(const DocumentSpec& spec) {
    return spec.find("scopes") != nullptr;
}

// The stored fields with those of the update in their place; null takes a field away.
void apply(const json::object& update, json::object& fields) {
    for (const auto& member : update) {
        if (member.value().is_null()) {
            fields.erase(member.key());
        } else {
            fields[member.key()] = member.value();
        }
    }
}

// `update` with scopes that +/- were worked out of, derived fields filled in; or what is wrong.
Problems merge(Call& call, const Resource& resource, json::object update, json::object& fields) {
    if (is_scoped(resource.document)) {
        if (Problems problems = scope_change(call.actor, fields, update); !problems.empty())
            return problems;
    }
    apply(update, fields);
    return resource.derive == nullptr ? Problems{} : resource.derive(update, fields);
}

// The documents that a bulk change means; nothing when that is answered already.
Awaitable<std::optional<std::vector<Document>>> select_all(Call& call, const Resource& resource) {
    const Query query(call.request.query);
    Selection selection(resource.document);
    Problems problems = read_selection(call, query, selection);
    std::optional<std::vector<Document>> all;
    if (!selection.by_ids && selection.filter.empty()) {
        problems.push_back({Code::invalid_parameter, "filter",
                            "a change of many needs ids or a filter that is not empty"});
    }
    if (!problems.empty()) {
        call.refuse(problems);
        co_return all;
    }
    selection.paging = Paging{100, false, ""};
    std::vector<Document> found;
    do {
        auto page = co_await read_page(call, selection);
        if (!page) co_return all;
        std::ranges::move(page->documents, std::back_inserter(found));
        selection.paging.after = page->next;
    } while (!selection.paging.after.empty() && found.size() <= kMaxBulk);
    if (found.size() <= kMaxBulk) {
        all = std::move(found);
    } else {
        call.refuse(Code::invalid_parameter, "filter",
                    "filter: more than 500 documents match; nothing was changed");
    }
    co_return all;
}

}  // namespace

std::optional<json::object> take_body(Call& call, const DocumentSpec& spec, Verb verb) {
    ParsedBody body = read_document(call.request, spec, verb);
    if (body.problems.empty()) return std::move(body.object);
    call.refuse(body.problems);
    return std::nullopt;
}

void answer_document(Call& call, const DocumentSpec& spec, json::object fields) {
    answer_json(call, shown(spec, Query(call.request.query), std::move(fields)));
}

void answer_created(Call& call,
                    const DocumentSpec& spec,
                    std::string_view path,
                    json::object fields) {
    const std::string id(text_of(fields, "id"));
    call.reply.status = 201;
    call.reply.add("Location", call.services.config.api_url + std::string(path) + "/" + id);
    answer_document(call, spec, std::move(fields));
}

Awaitable<std::optional<json::object>> create_from(Call& call,
                                                   const Resource& resource,
                                                   json::object document) {
    std::optional<json::object> created;
    const Query query(call.request.query);
    const json::object given = document;
    Problems problems;
    if (is_scoped(resource.document)) problems = scope_new(call.actor, query, document);
    if (problems.empty() && resource.derive != nullptr) problems = resource.derive(given, document);
    if (!problems.empty()) {
        call.refuse(problems);
        co_return created;
    }
    const bool drawn = !document.contains("id");
    if (drawn) document["id"] = store::new_resource_id();
    if (resource.prepare != nullptr) {
        const bool prepared = co_await resource.prepare(call, nullptr, document);
        if (!prepared) co_return created;
    }
    const Stored stored = co_await insert_document(call, resource, document);
    if (stored == Stored::store_down) refuse_store(call);
    if (stored == Stored::taken) {
        call.refuse(Code::conflict, "name",
                    std::string(resource.document.name) + " \"" +
                        std::string(text_of(document, "id")) + "\" exists already");
    }
    if (stored == Stored::yes) created = std::move(document);
    co_return created;
}

Awaitable<std::optional<Document>> update_from(Call& call,
                                               const Resource& resource,
                                               std::string id,
                                               json::object update) {
    std::optional<Document> changed = co_await find_document(call, resource.document, id);
    if (!changed) co_return changed;
    json::object preview = changed->fields;
    Problems problems = merge(call, resource, update, preview);
    bool good = problems.empty();
    if (!good) call.refuse(problems);
    if (good && resource.prepare != nullptr)
        good = co_await resource.prepare(call, &changed->fields, preview);
    if (!good) {
        changed.reset();
        co_return changed;
    }
    // A problem can only come up now if somebody changed the document since.
    const Edit edit = [&](json::object& fields, std::vector<store::Command>&) {
        json::object next = fields;
        problems = merge(call, resource, update, next);
        if (!problems.empty()) return false;
        fields = std::move(next);
        return true;
    };
    changed = co_await change_document(call, resource, id, edit);
    if (changed && !problems.empty()) {
        call.refuse(problems);
        changed.reset();
    }
    co_return changed;
}

Awaitable<bool> remove_with_all(Call& call, const Resource& resource, std::string id) {
    const auto current = co_await find_document(call, resource.document, id);
    if (!current) co_return false;
    // What depends on it goes first: a call that failed half way can be made again.
    if (resource.cascade != nullptr) {
        const bool gone = co_await resource.cascade(call, current->fields);
        if (!gone) {
            refuse_store(call);
            co_return false;
        }
    }
    const auto removed = co_await remove_document(call, resource, id);
    co_return removed.has_value();
}

Awaitable<void> create_resource(Call& call) {
    const Resource& resource = resource_of(call);
    auto document = take_body(call, resource.document, Verb::create);
    if (!document) co_return;
    auto created = co_await create_from(call, resource, std::move(*document));
    if (created) answer_created(call, resource.document, resource.path, std::move(*created));
}

Awaitable<void> list_resources(Call& call) {
    std::string within;
    co_await answer_list(call, resource_of(call).document, within);
}

Awaitable<void> read_resource(Call& call) {
    const DocumentSpec& spec = resource_of(call).document;
    std::string id(call.captures[0]);
    auto document = co_await find_document(call, spec, std::move(id));
    if (document) answer_document(call, spec, std::move(document->fields));
}

Awaitable<void> update_resource(Call& call) {
    const Resource& resource = resource_of(call);
    auto update = take_body(call, resource.document, Verb::update);
    if (!update) co_return;
    std::string id(call.captures[0]);
    auto changed = co_await update_from(call, resource, std::move(id), std::move(*update));
    if (changed) answer_document(call, resource.document, std::move(changed->fields));
}

Awaitable<void> update_resources(Call& call) {
    const Resource& resource = resource_of(call);
    const auto update = take_body(call, resource.document, Verb::update);
    if (!update) co_return;
    auto documents = co_await select_all(call, resource);
    if (!documents) co_return;
    const std::size_t count = documents->size();
    for (const Document& document : *documents) {
        json::object preview = document.fields;
        const Problems problems = merge(call, resource, *update, preview);
        bool good = problems.empty();
        if (!good) call.refuse(problems);
        if (good && resource.prepare != nullptr && &document == &documents->front())
            good = co_await resource.prepare(call, &document.fields, preview);
        if (!good) co_return;
    }
    const Edit edit = [&](json::object& fields, std::vector<store::Command>&) {
        json::object next = fields;
        if (!merge(call, resource, *update, next).empty()) return false;
        fields = std::move(next);
        return true;
    };
    const bool done = co_await change_documents(call, resource, std::move(*documents), edit);
    if (!done) {
        refuse_store(call);
        co_return;
    }
    call.reply.status = 204;
    call.reply.add("x-result-count", std::to_string(count));
}

Awaitable<void> remove_resource(Call& call) {
    std::string id(call.captures[0]);
    co_await remove_with_all(call, resource_of(call), std::move(id));
}

// One after the other, each with what goes with it: where the store fails half way the same call
// again removes the rest.
Awaitable<void> remove_resources(Call& call) {
    const Resource& resource = resource_of(call);
    auto documents = co_await select_all(call, resource);
    if (!documents) co_return;
    const Reply unanswered = call.reply;
    std::size_t removed = 0;
    for (const Document& document : *documents) {
        std::string id(document.id());
        const bool gone = co_await remove_with_all(call, resource, std::move(id));
        if (gone) {
            ++removed;
        } else if (call.reply.status == 404) {
            call.reply = unanswered;  // somebody else removed it meanwhile
        } else {
            co_return;
        }
    }
    call.reply.status = 204;
    call.reply.add("x-result-count", std::to_string(removed));
}

}  // namespace redirector::api
