// Documents of one account as handlers use them: parsed, of the right type, seen by the actor who
// asks; written together with their indexes, over again when somebody else came first.
// Errors:  functions that take a Call answer the refusal themselves (404, 409, 503) and return
//          nothing.
// Threads: on the I/O thread of the call.
#pragma once

#include "redirector/api/call.hpp"
#include "redirector/api/schema.hpp"
#include "redirector/async.hpp"
#include "redirector/store/documents.hpp"

#include <boost/json/object.hpp>

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace redirector::api {

// One kind of stored document: its table, and what is special about it.
struct Resource {
    const DocumentSpec& document;
    std::string_view path;  // of its collection: "/thngs"

    // Fills in what follows from other fields, refuses what contradicts itself. `given` is what the
    // request held, `document` what it makes. Pure.
    Problems (*derive)(const boost::json::object& given, boost::json::object& document) = nullptr;
    // Before a new document is stored, or a change of `before`: what must be looked up, or drawn.
    // False: the refusal is answered.
    Awaitable<bool> (*prepare)(Call& call,
                               const boost::json::object* before,
                               boost::json::object& document) = nullptr;
    // Further commands of the same change, for what else is kept of the document. `after` is null
    // when it is removed. Pure.
    void (*accompany)(const store::Documents& store,
                      const boost::json::object* before,
                      const boost::json::object* after,
                      std::vector<store::Command>& along) = nullptr;
    // Before the document is removed: what must go with it. False when the store failed half way:
    // then 503, and the same call again finishes.
    Awaitable<bool> (*cascade)(Call& call, const boost::json::object& document) = nullptr;
};

struct Document {
    std::string record;  // as stored
    boost::json::object fields;

    std::string_view id() const;
    std::int64_t number(std::string_view field) const;    // 0: absent
    std::string_view text(std::string_view field) const;  // empty: absent
    const boost::json::array* array(std::string_view field) const;
};

std::int64_t now_ms();
std::string_view text_of(const boost::json::object& object, std::string_view field);
void refuse_store(Call& call);  // 503: it does not answer, or it refuses to write, and why
void refuse_absent(Call& call, const DocumentSpec& spec, std::string_view id);
void answer_json(Call& call, const boost::json::value& value);

// Empty when `record` is no such document.
std::optional<Document> parse_document(const DocumentSpec& spec, std::string record);

// The document, if it is there and the actor sees it.
Awaitable<std::optional<Document>> find_document(Call& call,
                                                 const DocumentSpec& spec,
                                                 std::string id);

// Whether the actor sees a document.
using Sees = bool (*)(const Actor&, const DocumentSpec&, const boost::json::object& document);
bool sees(const Actor& actor, const DocumentSpec& spec, const boost::json::object& document);

// Those of `ids` that are there, are of the type and seen; in the order of `ids`. nullopt: store
// down, which is answered.
Awaitable<std::optional<std::vector<Document>>> find_documents(Call& call,
                                                               const DocumentSpec& spec,
                                                               std::vector<std::string> ids,
                                                               Sees seen = sees);

// Stores a new document under its "id"; sets createdAt and updatedAt. `with`: further commands.
// `taken`: the ID exists already.
enum class Stored : std::uint8_t { yes, taken, store_down };
Awaitable<Stored> insert_document(Call& call,
                                  const Resource& resource,
                                  boost::json::object& document,
                                  std::vector<store::Command> with = {});

// What to change in the stored document; adds further commands of the change. Called again with a
// fresh document when somebody else came first. False: leave it as it is.
using Edit = std::function<bool(boost::json::object& document, std::vector<store::Command>& along)>;

// The document as changed. updatedAt grows with every change.
Awaitable<std::optional<Document>> change_document(Call& call,
                                                   const Resource& resource,
                                                   std::string id,
                                                   const Edit& edit);

// The same for documents that were read already, all at once; those that are gone meanwhile are
// left out. Visibility is not looked at. False: store down (not answered).
Awaitable<bool> change_documents(Call& call,
                                 const Resource& resource,
                                 std::vector<Document> documents,
                                 const Edit& edit);

// Removes it whatever it holds by now. nullopt: absent or store down, which is answered.
Awaitable<std::optional<Document>> remove_document(Call& call,
                                                   const Resource& resource,
                                                   std::string id);

// Calls `each` with every document of an index, some hundreds at a time, until none is left or it
// answers false. False: store down, or `each` said so.
using Each = std::function<Awaitable<bool>(std::vector<Document>)>;
Awaitable<bool> for_each_document(Call& call,
                                  const DocumentSpec& spec,
                                  std::string index,
                                  const Each& each);

}  // namespace redirector::api
