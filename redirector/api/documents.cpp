#include "redirector/api/documents.hpp"

#include "redirector/api/filter.hpp"
#include "redirector/api/scopes.hpp"

#include <boost/json.hpp>

#include <algorithm>
#include <chrono>

namespace redirector::api {
namespace {

namespace json = boost::json;
using store::Changed;

constexpr int kTries = 8;             // of a change that others keep coming in between of
constexpr std::size_t kAtOnce = 200;  // documents in one batch

// The change that turns `before` (null: nothing) into `after` (null: nothing).
store::Change make_change(const store::Documents& store,
                          const Resource& resource,
                          const Document* before,
                          const json::object* after) {
    const DocumentSpec& spec = resource.document;
    const json::object& known = after != nullptr ? *after : before->fields;
    store::Change change;
    change.id = text_of(known, "id");
    const std::int64_t created = known.at("createdAt").get_int64();
    const std::string member = store::index_member(created, change.id);
    std::vector<std::string> leave, enter;
    if (before != nullptr) {
        change.before = before->record;
        leave = indexes_of(spec, before->fields);
    }
    if (after != nullptr) {
        change.after = store::encode_document(spec.name, json::serialize(*after));
        enter = indexes_of(spec, *after);
    }
    // Both are sorted: what is in both stays.
    std::vector<std::string> gone, come;
    std::ranges::set_difference(leave, enter, std::back_inserter(gone));
    std::ranges::set_difference(enter, leave, std::back_inserter(come));
    for (const std::string& index : gone)
        change.along.push_back({"ZREM", store.index_key(index, change.id), member});
    for (const std::string& index : come)
        change.along.push_back({"ZADD", store.index_key(index, change.id), "0", member});
    if (resource.accompany != nullptr) {
        resource.accompany(store, before != nullptr ? &before->fields : nullptr, after,
                           change.along);
    }
    return change;
}

void append(std::vector<store::Command>& commands, std::vector<store::Command> more) {
    std::ranges::move(more, std::back_inserter(commands));
}

// The edited document with its new updatedAt; nothing when the edit declined.
std::optional<json::object> edited(const Document& current,
                                   const Edit& edit,
                                   std::vector<store::Command>& with) {
    json::object fields = current.fields;
    if (!edit(fields, with)) return std::nullopt;
    fields["updatedAt"] = std::max(now_ms(), current.number("updatedAt") + 1);
    return fields;
}

}  // namespace

std::string_view text_of(const json::object& object, std::string_view field) {
    const json::value* const value = object.if_contains(field);
    return value != nullptr && value->is_string() ? std::string_view(value->get_string())
                                                  : std::string_view();
}

std::string_view Document::id() const {
    return text_of(fields, "id");
}
std::string_view Document::text(std::string_view field) const {
    return text_of(fields, field);
}
std::int64_t Document::number(std::string_view field) const {
    const json::value* const value = fields.if_contains(field);
    return value != nullptr && value->is_int64() ? value->get_int64() : 0;
}
const json::array* Document::array(std::string_view field) const {
    const json::value* const value = fields.if_contains(field);
    return value == nullptr ? nullptr : value->if_array();
}

std::int64_t now_ms() {
    const auto now = std::chrono::system_clock::now().time_since_epoch();
    return std::chrono::duration_cast<std::chrono::milliseconds>(now).count();
}

void refuse_store(Call& call) {
    using store::WriteRefusal;
    WriteRefusal why = call.services.redis.write_refusal();
    if (why == WriteRefusal::none) why = call.services.scan_redis.write_refusal();
    std::string message = "the store does not answer; try again";
    if (why != WriteRefusal::none)
        message = "the store refuses to write: " + std::string(store::describe(why));
    call.refuse(Code::unavailable, "", std::move(message));
}

void refuse_absent(Call& call, const DocumentSpec& spec, std::string_view id) {
    call.refuse(Code::not_found, "",
                std::string(spec.name) + " \"" + std::string(id) + "\" was not found");
}

void answer_json(Call& call, const json::value& value) {
    call.reply.content_type = "application/json";
    call.reply.body = json::serialize(value);
}

std::optional<Document> parse_document(const DocumentSpec& spec, std::string record) {
    const auto parts = store::decode_document(record);
    if (!parts || parts->type != spec.name) return std::nullopt;
    json::error_code error;
    json::value value = json::parse({parts->json.data(), parts->json.size()}, error);
    if (error || !value.is_object()) return std::nullopt;
    Document document{std::move(record), std::move(value.get_object())};
    if (!document.fields.contains("createdAt")) return std::nullopt;
    return document;
}

bool sees(const Actor& actor, const DocumentSpec&, const json::object& document) {
    return visible(actor, document);
}

Awaitable<std::optional<std::vector<Document>>> find_documents(Call& call,
                                                               const DocumentSpec& spec,
                                                               std::vector<std::string> ids,
                                                               Sees seen) {
    store::Documents store(call.services.redis, call.actor.account);
    auto records = co_await store.read(ids);
    std::optional<std::vector<Document>> found;
    if (!records) {
        refuse_store(call);
        co_return found;
    }
    found.emplace();
    for (std::string& record : *records) {
        auto document = parse_document(spec, std::move(record));
        if (document && seen(call.actor, spec, document->fields))
            found->push_back(std::move(*document));
    }
    co_return found;
}

Awaitable<std::optional<Document>> find_document(Call& call,
                                                 const DocumentSpec& spec,
                                                 std::string id) {
    std::vector<std::string> ids{id};
    auto found = co_await find_documents(call, spec, std::move(ids));
    std::optional<Document> document;
    if (found && found->empty()) refuse_absent(call, spec, id);
    if (found && !found->empty()) document = std::move(found->front());
    co_return document;
}

Awaitable<Stored> insert_document(Call& call,
                                  const Resource& resource,
                                  json::object& document,
                                  std::vector<store::Command> with) {
    const std::int64_t now = now_ms();
    document["createdAt"] = now;
    document["updatedAt"] = now;
    store::Documents store(call.services.redis, call.actor.account);
    store::Change change = make_change(store, resource, nullptr, &document);
    const std::string key = store.cache_key(change.id);
    ChangeNote note = note_change(resource.document.name, change.id, "", change.after);
    append(change.along, std::move(with));
    const Changed changed = co_await store.commit(std::move(change));
    call.services.cache.invalidate(key);
    if (changed == Changed::store_down) co_return Stored::store_down;
    if (changed == Changed::yes) call.changes.push_back(std::move(note));
    co_return changed == Changed::yes ? Stored::yes : Stored::taken;
}

Awaitable<std::optional<Document>> change_document(Call& call,
                                                   const Resource& resource,
                                                   std::string id,
                                                   const Edit& edit) {
    store::Documents store(call.services.redis, call.actor.account);
    std::optional<Document> nothing;
    for (int tries = 0; tries < kTries; ++tries) {
        auto current = co_await find_document(call, resource.document, id);
        if (!current) co_return nothing;
        std::vector<store::Command> with;
        auto fields = edited(*current, edit, with);
        if (!fields) co_return current;
        store::Change change = make_change(store, resource, &*current, &*fields);
        append(change.along, std::move(with));
        Document result{change.after, std::move(*fields)};
        ChangeNote note = note_change(resource.document.name, id, current->record, change.after);
        const Changed changed = co_await store.commit(std::move(change));
        if (changed == Changed::no) continue;
        call.services.cache.invalidate(store.cache_key(id));
        if (changed == Changed::yes) {
            call.changes.push_back(std::move(note));
            co_return result;
        }
        break;
    }
    refuse_store(call);
    co_return nothing;
}

Awaitable<bool> change_documents(Call& call,
                                 const Resource& resource,
                                 std::vector<Document> documents,
                                 const Edit& edit) {
    store::Documents store(call.services.redis, call.actor.account);
    for (int tries = 0; tries < kTries && !documents.empty(); ++tries) {
        std::vector<store::Change> changes;
        std::vector<std::string> ids;
        std::vector<ChangeNote> notes;
        for (const Document& document : documents) {
            std::vector<store::Command> with;
            auto fields = edited(document, edit, with);
            if (!fields) continue;
            store::Change change = make_change(store, resource, &document, &*fields);
            append(change.along, std::move(with));
            notes.push_back(
                note_change(resource.document.name, change.id, document.record, change.after));
            ids.push_back(change.id);
            changes.push_back(std::move(change));
        }
        const std::vector<Changed> results = co_await store.commit(std::move(changes));
        std::vector<std::string> again;
        for (std::size_t i = 0; i < ids.size(); ++i) {
            call.services.cache.invalidate(store.cache_key(ids[i]));
            if (results[i] == Changed::store_down) co_return false;
            if (results[i] == Changed::no) again.push_back(ids[i]);
            if (results[i] == Changed::yes) call.changes.push_back(std::move(notes[i]));
        }
        if (again.empty()) co_return true;
        auto records = co_await store.read(again);
        if (!records) co_return false;
        documents.clear();
        for (std::string& record : *records) {
            auto document = parse_document(resource.document, std::move(record));
            if (document) documents.push_back(std::move(*document));
        }
    }
    co_return documents.empty();
}

Awaitable<std::optional<Document>> remove_document(Call& call,
                                                   const Resource& resource,
                                                   std::string id) {
    store::Documents store(call.services.redis, call.actor.account);
    std::optional<Document> nothing;
    for (int tries = 0; tries < kTries; ++tries) {
        auto current = co_await find_document(call, resource.document, id);
        if (!current) co_return nothing;
        store::Change change = make_change(store, resource, &*current, nullptr);
        const Changed changed = co_await store.commit(std::move(change));
        if (changed == Changed::no) continue;
        call.services.cache.invalidate(store.cache_key(id));
        if (changed == Changed::yes) {
            call.changes.push_back(note_change(resource.document.name, id, current->record, ""));
            co_return current;
        }
        break;
    }
    refuse_store(call);
    co_return nothing;
}

Awaitable<bool> for_each_document(Call& call,
                                  const DocumentSpec& spec,
                                  std::string index,
                                  const Each& each) {
    store::Documents store(call.services.redis, call.actor.account);
    store::MemberQuery query;
    query.indexes.push_back(std::move(index));
    query.limit = kAtOnce;
    query.ascending = true;
    while (true) {
        const store::Members page = co_await store.members(query);
        if (page.store_down) co_return false;
        if (page.members.empty()) co_return true;
        std::vector<std::string> ids;
        for (const std::string& member : page.members)
            ids.emplace_back(store::id_of_member(member));
        auto records = co_await store.read(ids);
        if (!records) co_return false;
        std::vector<Document> documents;
        for (std::string& record : *records) {
            auto document = parse_document(spec, std::move(record));
            if (document) documents.push_back(std::move(*document));
        }
        const bool go_on = co_await each(std::move(documents));
        if (!go_on) co_return false;
        if (!page.more) co_return true;
        query.after = page.members.back();
    }
}

}  // namespace redirector::api
