// One row of the route table: method, path, who may call, what answers, and what the generated
// description says about it.
// Shape:   a pattern is a path whose {name} segments capture one segment each.
// Threads: static data.
// Source:  contract 3 and 6; reference/api-facts.md 5 for who may do what.
#pragma once

#include "redirector/api/auth.hpp"
#include "redirector/async.hpp"
#include "redirector/request.hpp"

#include <cstdint>
#include <span>
#include <string_view>

namespace redirector::api {

struct Call;
struct DocumentSpec;
struct Resource;

// Bits of the key types that may call a route: 1 << KeyType.
using KeyTypes = std::uint8_t;
inline constexpr KeyTypes bit(KeyType type) {
    return static_cast<KeyTypes>(1U << static_cast<unsigned>(type));
}
inline constexpr KeyTypes kOperators = bit(KeyType::operator_);
inline constexpr KeyTypes kTrusted = kOperators | bit(KeyType::trusted_application);
inline constexpr KeyTypes kUsers = kTrusted | bit(KeyType::user);
inline constexpr KeyTypes kAnyKey = kUsers | bit(KeyType::application) | bit(KeyType::device);
inline constexpr KeyTypes kNoKeyNeeded = 0xFF;  // open to everybody, key or not

inline constexpr std::size_t kJsonBody = 64 * 1024;

// What a body or an answer holds.
enum class Shape : std::uint8_t { none, one, list };

struct Route {
    Method method;
    std::string_view pattern;
    KeyTypes allowed;
    bool on_short_domain;    // also served by the public listener
    std::size_t body_limit;  // bytes; 0: takes none
    Awaitable<void> (*handler)(Call&);
    std::string_view meaning;
    int status = 200;  // of a success
    Shape answers = Shape::none;
    const DocumentSpec* document = nullptr;  // of the answer, and of the body unless `takes` is set
    Shape body = Shape::none;
    const DocumentSpec* takes = nullptr;
    const Resource* resource = nullptr;  // for the generic handlers
    bool negotiates = false;             // picks its media type itself: not JSON or YAML
    std::string_view answer_types = {};  // of files that it answers, PUT: takes; ", " between
};

}  // namespace redirector::api
