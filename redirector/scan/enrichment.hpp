// What is added to a scan between the spool and Redis, off the I/O threads: facts that only the
// stored action needs, and what its account has decided. The root implements it.
// Errors:  learn() says false while decisions cannot be read; nothing is shipped meanwhile.
// Threads: the shipper's.
#pragma once

#include "redirector/async.hpp"
#include "redirector/scan/record.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace redirector::scan {

// What an account has decided about its scans.
struct Policy {
    bool count_bots = true;  // false: bots are recorded, and are no hits
};

class Enrichment {
  public:
    virtual ~Enrichment() = default;

    // False where something about `scan` is lacking that complete() would add: the next learn() finds
    // it out.
    virtual bool ready(const Scan& scan) = 0;

    // Sets fields of `scan` (place, product, kBot); the text they view stays valid until the next
    // call. Answers the kind of device, for statistics: static text, empty when it is not known.
    virtual std::string_view complete(Scan& scan) = 0;

    // The account's decisions as they were at most some seconds ago; nullopt: learn() them first.
    virtual std::optional<Policy> policy(std::string_view account) const = 0;
    // These, and what ready() found lacking.
    virtual Awaitable<bool> learn(std::vector<std::string> accounts) = 0;
};

}  // namespace redirector::scan
