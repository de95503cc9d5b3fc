// Which of an account's redirections a call is about, for calls that take many at once.
// Shape:   exactly one of: their short IDs, all of them, those of one resource, those that a filter
//          matches. The last three are in the order of their creation.
// Errors:  400 naming the field, and every short ID up to twenty that is unknown; 503 store down.
// Threads: read_selection() is pure, select_redirections() on the I/O thread of the call.
#pragma once

#include "redirector/api/call.hpp"
#include "redirector/api/schema.hpp"
#include "redirector/async.hpp"
#include "redirector/store/redirections.hpp"

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace redirector::api {

inline constexpr std::size_t kMaxSelected = 65'535;

struct RedirectionSelection {
    std::vector<std::string> short_ids;
    bool all = false;
    std::string evrythng_id;
    std::string filter;
};

// The fields of a body that selects.
inline constexpr auto kSelectionFields = std::to_array<FieldSpec>({
    {.name = "shortIds",
     .type = Type::texts,
     .meaning = "these, in this order; 1 to 65535",
     .max = 40,
     .max_items = kMaxSelected},
    {.name = "all", .type = Type::boolean, .meaning = "true: all of the account"},
    {.name = "evrythngId", .type = Type::resource_id, .meaning = "those of this resource"},
    {.name = "filter",
     .meaning = "those that it matches, such as createdAt>1500000000000&type=thng: on shortId, "
                "type, evrythngId and createdAt"},
});

struct SelectionBody {
    RedirectionSelection selection;
    std::vector<std::pair<std::string, std::string>> others;  // further fields, as text
    Problems problems;
};

// `spec` has kSelectionFields, and others that hold a text, a number or true or false each.
SelectionBody read_selection(const Request& request, const DocumentSpec& spec);

// What a filter looks at in a redirection.
boost::json::object filterable(const store::StoredRedirection& stored);

// The short IDs of what is selected and the key sees; nothing: answered. `document` is how problems
// call the body.
Awaitable<std::optional<std::vector<std::string>>> select_redirections(
    Call& call, std::string_view document, RedirectionSelection selection);

}  // namespace redirector::api
