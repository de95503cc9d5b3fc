// Filters of lists and bulk updates: `?filter=tags=red&createdAt>1500000000000`.
// Shape:   the rule language's grammar (rules/README.md) over the fields that a document's table
//          calls filterable, and `~`: the value is part of the field's text, without regard to
//          case.
// Errors:  problems that name the parameter `filter`: syntax, unknown field, an operator that the
//          field's type does not take.
// Threads: pure.
// Source:  reference/api-facts.md 7.
#pragma once

#include "redirector/api/schema.hpp"
#include "rules/ast.hpp"

#include <boost/json/object.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace redirector::api {

// Names of the indexes (store/documents.hpp) that a document belongs to.
std::vector<std::string> indexes_of(const DocumentSpec& spec, const boost::json::object& document);
std::string index_of_value(const DocumentSpec& spec,
                           std::string_view field,
                           std::string_view value);
std::string index_of_project(const DocumentSpec& spec, std::string_view project);

class Filter {
  public:
    explicit Filter(const DocumentSpec& spec) : spec_(&spec) {}

    // An empty text matches everything. On problems the filter is unusable.
    Problems parse(std::string_view text);

    bool empty() const { return !filter_.root.has_value(); }
    bool matches(const boost::json::object& document) const;

    // The indexes whose union holds all that matches; empty: no index is known to.
    std::vector<std::string> indexes() const;

    // Whether all in those indexes (or, without one, of the type) matches.
    bool exact() const;

    // Each of these alone holds all that matches, as indexes() does; empty: no index is known to.
    std::vector<std::vector<std::string>> alternatives() const;

    // What the filter says of a timestamp: all that matches lies within. A bound may take in one
    // millisecond more than what matches.
    struct Span {
        std::int64_t first = 0;
        std::int64_t last = INT64_MAX;
    };
    Span span_of(std::string_view timestamp) const;

  private:
    Problems check(const rules::Predicate& predicate, bool like) const;
    bool matches(const rules::Node& node, const boost::json::object& document) const;
    bool matches_predicate(std::size_t number, const boost::json::object& document) const;
    std::vector<std::string> indexes(const rules::Node& node) const;
    void bound(const rules::Node& node, std::string_view timestamp, Span& span) const;

    const DocumentSpec* spec_;
    rules::Filter filter_;
    std::vector<bool> like_;  // one per predicate
};

}  // namespace redirector::api
