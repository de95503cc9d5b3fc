// Lists: a page of the documents that a request selects, newest first.
// Shape:   reads the one index that narrows most (a filter's value, else the key's project, else
// the
//          type) and looks at each document that it names. A page costs what it holds; what a
//          filter sorts out costs too, so a page stops after kMaxExamined documents and its Link
//          goes on from there.
// Errors:  answered: 400 naming the parameter, 503.
// Threads: on the I/O thread of the call.
// Source:  reference/api-facts.md 7.
#pragma once

#include "redirector/api/documents.hpp"
#include "redirector/api/filter.hpp"
#include "redirector/api/query.hpp"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace redirector::api {

inline constexpr std::size_t kMaxExamined = 2'000;
inline constexpr std::size_t kMaxIds = 100;   // of ?ids=
inline constexpr std::size_t kMaxBulk = 500;  // documents that one bulk update may match

struct Selection {
    explicit Selection(const DocumentSpec& of) : spec(of), filter(of) {}

    const DocumentSpec& spec;
    Filter filter;
    Paging paging;
    std::vector<std::string> ids;  // when ?ids= is given
    bool by_ids = false;
    std::string project;  // of ?project=, else of the key; empty: any
    std::string within;   // a further index that everything selected is in; empty: none
};

// The IDs of ?ids=, of which there must be 1 to kMaxIds.
std::vector<std::string> read_ids(std::string_view text, Problems& problems);

// Reads perPage, sortOrder, nextPageToken, and the conditions.
Problems read_selection(const Call& call, const Query& query, Selection& selection);

// Reads what selects a document: ids, filter, project, and app where `within` does not say so.
Problems read_conditions(const Call& call, const Query& query, Selection& selection);

struct Page {
    std::vector<Document> documents;
    std::string next;                    // token of the next page; empty: this is the last
    std::optional<std::uint64_t> total;  // where it is known without counting
};

// Nothing: the store is down, which is answered.
Awaitable<std::optional<Page>> read_page(Call& call, const Selection& selection);

// The document as it is shown: without what is hidden, and without scopes unless asked for.
boost::json::object shown(const DocumentSpec& spec, const Query& query, boost::json::object fields);

// Answers the page as a JSON array, with Link and x-result-count.
void answer_page(Call& call, const Query& query, const DocumentSpec& spec, Page page);

// read_selection, read_page, answer_page: a whole list route. `within`: an index that everything
// listed is in, or empty.
Awaitable<void> answer_list(Call& call, const DocumentSpec& spec, std::string within);

}  // namespace redirector::api
