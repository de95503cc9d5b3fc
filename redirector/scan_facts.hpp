// The facts of one scan, each worked out at most once, and only when somebody asks.
// Shape:   rules ask through fill(), the record through the getters.
// Errors:  what cannot be known has no value: a rule that needs it does not match.
// Threads: one synchronous piece of work on the I/O thread of the ThreadFacts.
// Source:  contract 4 ("Context is lazy"); rules/README.md for the fields.
#pragma once

#include "redirector/api/auth.hpp"
#include "redirector/api/query.hpp"
#include "redirector/cached_rules.hpp"
#include "redirector/facts/language.hpp"
#include "redirector/facts/proxy.hpp"
#include "redirector/known.hpp"
#include "redirector/request.hpp"
#include "redirector/scan/record.hpp"
#include "redirector/store/document_view.hpp"
#include "redirector/store/redirection.hpp"
#include "redirector/thread_facts.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace redirector {

// What is resolved, and who did it. Views into what the caller keeps.
struct Subject {
    std::string_view account;
    std::string_view short_id;
    store::ResourceType type = store::ResourceType::thng;
    std::string_view evrythng_id;
    std::string_view default_url;
    const api::Actor* user = nullptr;  // the application user; null: not known

    // Of an action that a client made, or that was recorded.
    std::string_view action_type = scan::kImplicitScans;
    const store::DocumentView* action = nullptr;  // its custom fields; null: it has none
    std::uint64_t time_ms = 0;                    // 0: now
    const facts::GeoFacts* where = nullptr;       // null: where the client's address is
};

class ScanFacts {
  public:
    // All arguments outlive this.
    ScanFacts(const Request& request,
              const Subject& subject,
              const facts::TrustedProxies& proxies,
              ThreadFacts& thread);

    std::uint64_t time_ms() const { return time_ms_; }
    const IpAddress& client();
    const facts::AgentClass& agent();
    // Where the scan was; null without --geoip.
    const facts::GeoFacts* geo();

    // The product of the thng that was scanned, if its document was read for some rule; else empty.
    std::string_view product() const { return product_; }

    // The application whose rules are asked next; empty: the account's.
    void set_application(std::string_view project, std::string_view application);

    // Starts thread.context over the rules' fields and sets every value that they read. False when
    // `known` lacks a document for it.
    bool fill(const CachedRules& rules, Known& known);

    // Settles the costly field of `slot`, on which a decision or a URL hangs, and those that come
    // from the same source. False when `known` lacks a document for it.
    bool settle(const CachedRules& rules, rules::Slot slot, Known& known);

  private:
    void set(const PlannedField& field);
    void set_place_and_time(const PlannedField& field);
    void set_agent(const PlannedField& field);
    void set_query(const PlannedField& field);
    void set_random(const PlannedField& field);
    const store::DocumentView* user_document(Known& known, bool& lacking);
    void set_of_user(const PlannedField& field, const store::DocumentView& user);
    // Whole years at the time of the scan; nothing when the date of birth is not known.
    std::optional<std::int64_t> age_of(const store::DocumentView& user);
    struct ClosePlace {
        const store::DocumentView* document;
        double distance;  // metres
    };
    // The closest to where the scan was, in scope of the project if an application is asked.
    std::optional<ClosePlace> closest_place(Known& known, bool& lacking);
    void set_of_place(const PlannedField& field, const ClosePlace& place);
    // False while `known` lacks the document.
    bool set_from_document(const PlannedField& field, Known& known);
    std::string_view document_id(Source source, Known& known, bool& lacking);
    const store::DocumentView* document(std::string_view id, Known& known, bool& lacking);
    void set_member(rules::Slot slot, std::string_view member, const store::DocumentView& view);
    const facts::LocalTime& local_time();
    const facts::Zone& zone();

    const Request& request_;
    const Subject& subject_;
    const facts::TrustedProxies& proxies_;
    ThreadFacts& thread_;
    rules::Context& context_;
    std::uint64_t time_ms_;
    std::string_view project_;
    std::string_view application_;
    std::string_view product_;
    std::optional<IpAddress> client_;
    std::optional<facts::AgentClass> agent_;
    std::optional<facts::GeoFacts> geo_;
    std::optional<facts::LocalTime> local_time_;
    std::optional<api::Query> query_;
    facts::PrimaryLanguage language_;
    std::vector<std::string_view> tags_;
};

}  // namespace redirector
