// Collections: sets of thngs and of other collections. A member names the collections that it is
// in (`collections`), so that its own document and index are all that a change touches.
#include "redirector/api/filter.hpp"
#include "redirector/api/listing.hpp"
#include "redirector/api/resources.hpp"
#include "redirector/api/standard_routes.hpp"
#include "redirector/api/tables.hpp"
#include "redirector/store/ids.hpp"

#include <boost/json.hpp>

#include <algorithm>
#include <array>
#include <set>

namespace redirector::api {
namespace {

namespace json = boost::json;

constexpr std::size_t kMaxAdded = 10'000;   // thngs of one PUT
constexpr std::size_t kMaxRemoved = 500;    // of one DELETE
constexpr std::size_t kMaxAncestors = 100;  // collections above one, in all
constexpr std::size_t kIdsBody = 512 * 1024;
constexpr std::size_t kAtOnce = 200;

// Adds the collection to those that a member is in, or takes it out.
bool join(json::object& member, std::string_view collection) {
    json::value& list = member["collections"];
    if (!list.is_array()) list.emplace_array();
    const auto same = [collection](const json::value& id) { return id.get_string() == collection; };
    if (std::ranges::any_of(list.get_array(), same)) return false;
    list.get_array().emplace_back(collection);
    return true;
}

bool leave(json::object& member, std::string_view collection) {
    json::value* const list = member.if_contains("collections");
    if (list == nullptr || !list->is_array()) return false;
    json::array kept;
    for (const json::value& id : list->get_array()) {
        if (id.get_string() != collection) kept.push_back(id);
    }
    if (kept.size() == list->get_array().size()) return false;
    *list = std::move(kept);
    return true;
}

std::optional<std::vector<std::string>> read_ids(Call& call, std::size_t most) {
    const ParsedValue parsed = parse_body(call.request);
    if (!parsed.problems.empty()) {
        call.refuse(parsed.problems);
        return std::nullopt;
    }
    const auto refuse = [&call](const std::string& message) {
        call.refuse(Code::invalid_field, "", message);
        return std::nullopt;
    };
    if (!parsed.value.is_array()) return refuse("the body must be an array of IDs");
    std::set<std::string> ids;
    for (const json::value& item : parsed.value.get_array()) {
        if (!item.is_string() || !store::is_resource_id(item.get_string()))
            return refuse("the body must be an array of IDs of 24 letters and digits");
        ids.emplace(item.get_string());
    }
    if (ids.size() > most)
        return refuse("the body holds more than " + std::to_string(most) + " IDs");
    return std::vector<std::string>(ids.begin(), ids.end());
}

// The members that the body names; all must be there, or nothing is changed.
Awaitable<std::optional<std::vector<Document>>> read_members(Call& call,
                                                             const DocumentSpec& spec,
                                                             std::vector<std::string> ids) {
    std::optional<std::vector<Document>> members;
    std::vector<Document> all;
    for (std::size_t at = 0; at < ids.size(); at += kAtOnce) {
        const auto end =
            ids.begin() + static_cast<std::ptrdiff_t>(std::min(at + kAtOnce, ids.size()));
        std::vector<std::string> some(ids.begin() + static_cast<std::ptrdiff_t>(at), end);
        auto found = co_await find_documents(call, spec, std::move(some));
        if (!found) co_return members;
        std::ranges::move(*found, std::back_inserter(all));
    }
    // What was found is in the order of the IDs: the first gap is the first that is not there.
    for (std::size_t i = 0; i < ids.size(); ++i) {
        if (i < all.size() && all[i].id() == ids[i]) continue;
        call.refuse(Code::invalid_field, "",
                    "\"" + ids[i] + "\" is no " + std::string(spec.name) + "; nothing was changed");
        co_return members;
    }
    members = std::move(all);
    co_return members;
}

// Changes members some hundreds at a time. False: store down, which is answered.
Awaitable<bool> change_members(Call& call,
                               const Resource& resource,
                               std::vector<Document> members,
                               const Edit& edit) {
    for (std::size_t at = 0; at < members.size(); at += kAtOnce) {
        std::vector<Document> some;
        for (std::size_t i = at; i < std::min(at + kAtOnce, members.size()); ++i)
            some.push_back(std::move(members[i]));
        const bool done = co_await change_documents(call, resource, std::move(some), edit);
        if (done) continue;
        refuse_store(call);
        co_return false;
    }
    co_return true;
}

// The collection itself and those above it. Nothing: answered.
Awaitable<std::optional<std::set<std::string>>> self_and_above(Call& call, std::string collection) {
    std::optional<std::set<std::string>> all;
    std::set<std::string> seen;
    std::vector<std::string> level{std::move(collection)};
    while (!level.empty()) {
        seen.insert(level.begin(), level.end());
        if (seen.size() > kMaxAncestors) {
            call.refuse(Code::invalid_field, "", "the collection has more than 100 above it");
            co_return all;
        }
        const auto found = co_await find_documents(call, kCollection, std::move(level));
        if (!found) co_return all;
        level.clear();
        for (const Document& document : *found) {
            const json::array* const above = document.array("collections");
            for (std::size_t i = 0; above != nullptr && i < above->size(); ++i) {
                std::string id((*above)[i].as_string());
                if (!seen.contains(id)) level.push_back(std::move(id));
            }
        }
    }
    all = std::move(seen);
    co_return all;
}

// False: answered.
Awaitable<bool> refuse_circles(Call& call, std::string collection, std::vector<std::string> ids) {
    const auto above = co_await self_and_above(call, std::move(collection));
    if (!above) co_return false;
    const auto circle =
        std::ranges::find_if(ids, [&above](const std::string& id) { return above->contains(id); });
    if (circle == ids.end()) co_return true;
    call.refuse(Code::invalid_field, "",
                "\"" + *circle + "\" is the collection itself, or holds it");
    co_return false;
}

// Whether every member may be in one more collection; if not, that is answered.
bool has_room(Call& call, const std::vector<Document>& members) {
    for (const Document& member : members) {
        const json::array* const in = member.array("collections");
        if (in == nullptr || in->size() < kMaxItems) continue;
        call.refuse(Code::invalid_field, "",
                    "\"" + std::string(member.id()) + "\" is in 1000 collections already");
        return false;
    }
    return true;
}

Awaitable<void> add_members(Call& call, const Resource& resource) {
    std::string id(call.captures[0]);
    auto collection = co_await find_document(call, kCollection, id);
    if (!collection) co_return;
    const auto ids = read_ids(call, kMaxAdded);
    if (!ids) co_return;
    auto members = co_await read_members(call, resource.document, *ids);
    if (!members) co_return;
    if (!has_room(call, *members)) co_return;
    if (&resource == &kCollections) {
        const bool free = co_await refuse_circles(call, id, *ids);
        if (!free) co_return;
    }
    const Edit edit = [&id](json::object& member, std::vector<store::Command>&) {
        return join(member, id);
    };
    const bool done = co_await change_members(call, resource, std::move(*members), edit);
    if (done) answer_document(call, kCollection, std::move(collection->fields));
}

Awaitable<void> add_thngs(Call& call) {
    co_await add_members(call, kThngs);
}
Awaitable<void> add_collections(Call& call) {
    co_await add_members(call, kCollections);
}

Awaitable<void> list_members(Call& call, const DocumentSpec& spec) {
    std::string id(call.captures[0]);
    const auto collection = co_await find_document(call, kCollection, id);
    if (!collection) co_return;
    std::string within = index_of_value(spec, "collections", id);
    co_await answer_list(call, spec, std::move(within));
}

Awaitable<void> list_thngs(Call& call) {
    co_await list_members(call, kThng);
}
Awaitable<void> list_collections(Call& call) {
    co_await list_members(call, kCollection);
}

// DELETE with a body of IDs takes these out, without one all.
Awaitable<void> remove_members(Call& call, const Resource& resource) {
    std::string id(call.captures[0]);
    const auto collection = co_await find_document(call, kCollection, id);
    if (!collection) co_return;
    const Edit edit = [&id](json::object& member, std::vector<store::Command>&) {
        return leave(member, id);
    };
    if (!call.request.body.empty()) {
        const auto ids = read_ids(call, kMaxRemoved);
        if (!ids) co_return;
        auto members = co_await read_members(call, resource.document, *ids);
        if (members) co_await change_members(call, resource, std::move(*members), edit);
        co_return;
    }
    const Each each = [&](std::vector<Document> members) {
        return change_members(call, resource, std::move(members), edit);
    };
    std::string index = index_of_value(resource.document, "collections", id);
    const bool done = co_await for_each_document(call, resource.document, std::move(index), each);
    if (!done) refuse_store(call);
}

Awaitable<void> remove_thngs(Call& call) {
    co_await remove_members(call, kThngs);
}
Awaitable<void> remove_collections(Call& call) {
    co_await remove_members(call, kCollections);
}

Awaitable<void> remove_member(Call& call, const Resource& resource) {
    std::string id(call.captures[0]);
    const auto collection = co_await find_document(call, kCollection, id);
    if (!collection) co_return;
    std::string member(call.captures[1]);
    const Edit edit = [&id](json::object& fields, std::vector<store::Command>&) {
        return leave(fields, id);
    };
    co_await change_document(call, resource, std::move(member), edit);
}

Awaitable<void> remove_thng(Call& call) {
    co_await remove_member(call, kThngs);
}
Awaitable<void> remove_collection(Call& call) {
    co_await remove_member(call, kCollections);
}

// Members outlive their collection.
Awaitable<bool> cascade(Call& call, const json::object& document) {
    const std::string id(text_of(document, "id"));
    const Edit edit = [&id](json::object& member, std::vector<store::Command>&) {
        return leave(member, id);
    };
    for (const Resource* resource : {&kThngs, &kCollections}) {
        const Each each = [&call, resource, &edit](std::vector<Document> members) {
            return change_documents(call, *resource, std::move(members), edit);
        };
        std::string index = index_of_value(resource->document, "collections", id);
        const bool done =
            co_await for_each_document(call, resource->document, std::move(index), each);
        if (!done) co_return false;
    }
    co_return true;
}

constexpr std::array kRoutes{
    create_route("/collections", kUsers, kCollections, kCollection, "creates a collection"),
    list_route("/collections", kUsers, kCollections, kCollection, "lists collections"),
    bulk_update_route(
        "/collections", kTrusted, kCollections, kCollection, "changes those of ?ids= or ?filter="),
    bulk_remove_route(
        "/collections", kTrusted, kCollections, kCollection, "removes those of ?ids= or ?filter="),
    read_route(
        "/collections/{collection}", kUsers, kCollections, kCollection, "reads a collection"),
    update_route(
        "/collections/{collection}", kUsers, kCollections, kCollection, "changes the fields given"),
    remove_route("/collections/{collection}",
                 kTrusted,
                 kCollections,
                 kCollection,
                 "removes a collection; its members stay"),
    Route{Method::get, "/collections/{collection}/thngs", kUsers, false, 0, list_thngs,
          "lists its thngs", 200, Shape::list, &kThng},
    Route{Method::put, "/collections/{collection}/thngs", kUsers, false, kIdsBody, add_thngs,
          "adds thngs: an array of at most 10,000 IDs", 200, Shape::one, &kCollection},
    Route{Method::delete_, "/collections/{collection}/thngs", kTrusted, false, kIdsBody,
          remove_thngs, "takes out the thngs of the body (at most 500 IDs), or all"},
    Route{Method::delete_, "/collections/{collection}/thngs/{thng}", kUsers, false, 0, remove_thng,
          "takes one thng out"},
    Route{Method::get, "/collections/{collection}/collections", kUsers, false, 0, list_collections,
          "lists the collections in it", 200, Shape::list, &kCollection},
    Route{Method::post, "/collections/{collection}/collections", kUsers, false, kIdsBody,
          add_collections, "adds collections: an array of IDs", 200, Shape::one, &kCollection},
    Route{Method::delete_, "/collections/{collection}/collections", kTrusted, false, kIdsBody,
          remove_collections, "takes out the collections of the body, or all"},
    Route{Method::delete_, "/collections/{collection}/collections/{child}", kTrusted, false, 0,
          remove_collection, "takes one collection out"},
};

}  // namespace

const Resource kCollections{kCollection, "/collections", nullptr, nullptr, nullptr, cascade};

std::span<const Route> collection_routes() {
    return kRoutes;
}

}  // namespace redirector::api
