// One POST to a stranger's server: resolved, checked, connected, sent, its status read.
// Shape:   one connection per POST. The name is resolved once, and what is connected to are the
//          addresses that were checked. No redirects, no cookies, no proxies; of the answer at most
//          64 KiB are read, and ignored. https verifies the certificate against the system's
//          authorities, TLS 1.2 or later.
// Units:   kPostTime from the first connection attempt to the end of the answer, behind kLookUpTime
//          (look_up.hpp) for the name.
// Errors:  Answer::failure, a sentence without the URL.
// Threads: on the thread of the executor.
// Source:  RFC 9110, 9112; RFC 9525 (names in certificates).
#pragma once

#include "redirector/async.hpp"
#include "redirector/webhooks/look_up.hpp"
#include "redirector/webhooks/target.hpp"

#include <chrono>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace redirector::webhooks {

inline constexpr std::chrono::seconds kPostTime{10};

struct Message {
    Target target;
    std::vector<std::pair<std::string, std::string>> fields;
    std::string body;  // JSON
};

struct Answer {
    int status = 0;       // 0: there was none
    std::string failure;  // empty: taken (2xx)
};

class Poster {
  public:
    explicit Poster(bool private_targets);  // true: may go to addresses that are not public too
    ~Poster();

    Awaitable<Answer> post(const Message& message);

  private:
    struct Tls;
    bool private_targets_;
    LookUp look_up_;
    std::unique_ptr<Tls> tls_;
};

}  // namespace redirector::webhooks
