// A record as rules see it: an action that a client made and is about to be stored, or a scan that
// was stored and is looked at again.
// Shape:   the record's texts stand in for the request that made it. What a record does not keep
//          has no value: the query of the short URL. What it keeps in part is used as it was kept:
//          `random` is that of the address after --ip-privacy.
// Errors:  custom fields that are no JSON object count as none.
// Threads: one thread at a time.
#pragma once

#include "redirector/api/auth.hpp"
#include "redirector/facts/geo.hpp"
#include "redirector/facts/timezone.hpp"
#include "redirector/request.hpp"
#include "redirector/scan/record.hpp"
#include "redirector/scan_facts.hpp"
#include "redirector/store/cache_entry.hpp"

#include <string_view>

namespace redirector {

class RecordedScan {
  public:
    // What `scan` points into outlives this, as does `default_url`: where a scan leads that no rule
    // wants, empty for nowhere.
    RecordedScan(const scan::Scan& scan,
                 std::string_view default_url,
                 const facts::ZoneCatalog& zones);
    RecordedScan(const RecordedScan&) = delete;
    RecordedScan& operator=(const RecordedScan&) = delete;

    const Request& request() const { return request_; }
    const Subject& subject() const { return subject_; }

  private:
    Request request_;
    api::Actor user_;
    facts::GeoFacts where_;
    store::EntryPtr action_;
    Subject subject_;
};

}  // namespace redirector
