// What rules read of a thng, product, place, project, application or user: a stored document,
// parsed once, as the near cache holds it. Fetched under store::keyspace::document() in one round
// trip.
// Shape:   immutable; custom fields keep their JSON type, one level deep.
// Errors:  decoding answers null for what is no document.
// Threads: any, once made.
#pragma once

#include "redirector/store/cache_entry.hpp"
#include "rules/value.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace redirector::store {

struct DocumentView {
    std::string type;  // "thng", "product", ...
    std::string id;
    std::string name;
    std::string description;
    std::string product;  // of a thng: ID, else empty
    std::string project;  // of an application or user
    std::string app;      // of a user
    std::vector<std::string> tags;
    std::vector<std::string> projects;  // scopes.projects
    std::vector<std::pair<std::string, std::string>> identifiers;
    std::vector<std::pair<std::string, rules::Value>> custom_fields;
    std::optional<double> latitude, longitude;  // of a place, or a thng's last location
    std::string place;                          // of a thng whose last location is a place
    // Of a user.
    std::string gender, locale, timezone;
    std::optional<std::int64_t> birth_year, birth_month, birth_day;

    const std::string* identifier(std::string_view key) const;
    const rules::Value* custom_field(std::string_view key) const;
};

class CachedDocument final : public CacheEntry {
  public:
    explicit CachedDocument(DocumentView view);
    const DocumentView& view() const { return view_; }
    std::size_t bytes() const noexcept override { return bytes_; }

  private:
    DocumentView view_;
    std::size_t bytes_;
};

// Null when `record` is not what documents.hpp writes.
EntryPtr decode_cached_document(std::string_view name, std::string_view record);

}  // namespace redirector::store
