// A Redirector in memory: its compiled rules, and for each field that they read, where its value
// comes from.
// Errors:  a document that does not compile here (it was checked when it was stored) is a
//          Redirector without rules: its account's scans go to their default URLs. Kept like any
//          other, so that it is told of once, not once a scan.
// Threads: immutable.
#pragma once

#include "redirector/store/cache_entry.hpp"
#include "rules/ruleset.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace redirector {

// Where a field's value comes from. Grouped: what one group needs is computed once for all of its
// fields.
enum class Source : std::uint8_t {
    none,  // has no value
    action_type,
    action_field,
    referer,
    language,
    query,
    random,
    country,  // these three from the GeoIP file
    latitude,
    longitude,
    timezone,
    time,
    time_of_day,  // these five by the clock on the wall where the scan happened
    day_of_week,
    day_of_month,
    month,
    year,
    device_type,  // these four from the User-Agent
    device_os,
    browser,
    bot,
    thng,  // these from documents, `key` says what of them
    product,
    project,
    application,
    user,  // these two costly: set only when a decision or a URL hangs on them
    place,
};

struct PlannedField {
    rules::Slot slot = 0;
    Source source = Source::none;
    std::string key;  // of query.<key>; of a document the member's name, such as "name" or
                      // "customFields.size"
};

class CachedRules final : public store::CacheEntry {
  public:
    explicit CachedRules(std::shared_ptr<const rules::Ruleset> ruleset, bool broken = false);

    const rules::Ruleset& ruleset() const { return *ruleset_; }
    bool broken() const { return broken_; }  // the document did not compile: there are no rules
    // What is set before a decision, and what only if the decision comes to it
    // (rules::Tier::costly).
    const std::vector<PlannedField>& plan() const { return plan_; }
    const std::vector<PlannedField>& costly() const { return costly_; }

    std::size_t bytes() const noexcept override;

  private:
    std::shared_ptr<const rules::Ruleset> ruleset_;
    std::vector<PlannedField> plan_;
    std::vector<PlannedField> costly_;
    bool broken_;
};

// From what Redis holds (api/redirector.hpp). `problem`: why there are no rules where there should
// be; else left alone. Whether a rule leads back to the short domain was asked when it was written,
// of the domain of that day.
store::EntryPtr decode_rules(std::string_view document, rules::Level level, std::string& problem);

}  // namespace redirector
