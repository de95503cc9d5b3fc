// Who asks: the API key of a request, and the actor it stands for.
// Errors:  a missing key and a bad one are told apart, as contract 6 says; a key is never echoed or
//          logged.
// Threads: authenticate() runs on the I/O thread of its Services.
// Source:  contract 6 (raw key, Bearer, Token, Basic with the key as user name or password); RFC
//          9110 11.6.2, RFC 7617.
#pragma once

#include "redirector/async.hpp"
#include "redirector/request.hpp"
#include "redirector/store/cache_entry.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace redirector {
struct Services;
}

namespace redirector::api {

enum class KeyType : std::uint8_t { operator_, trusted_application, application, user, device };

struct Actor {
    KeyType type = KeyType::operator_;
    std::string account;
    std::string id;       // operator, application, user or thng
    std::string project;  // empty for an operator
    std::string app{};    // of a user
};

// What Redis holds under c:k:<digest>: {"type": "operator", "account": ID, "actor": ID,
// "project": ID, "app": ID}.
std::string encode_actor(const Actor& actor);
std::optional<Actor> decode_actor(std::string_view json);

class CachedActor final : public store::CacheEntry {
  public:
    explicit CachedActor(Actor actor) : actor_(std::move(actor)) {}
    const Actor& actor() const { return actor_; }
    std::size_t bytes() const noexcept override {
        return sizeof(*this) + actor_.account.capacity() + actor_.id.capacity() +
               actor_.project.capacity() + actor_.app.capacity();
    }

  private:
    Actor actor_;
};

// As the key itself: what the Authorization field holds, whatever its scheme. Empty when there is
// no such field.
std::string presented_key(const Request& request);

enum class AuthFailure : std::uint8_t { none, missing, invalid, store_down };

struct Authenticated {
    AuthFailure failure = AuthFailure::missing;
    Actor actor;
};

Awaitable<Authenticated> authenticate(const Request& request, Services& services);

// The actor.type of `GET /access` as the SDK knows it: operator, app, userInApp, device.
std::string_view access_name(KeyType type);

}  // namespace redirector::api
