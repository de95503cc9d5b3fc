#include "redirector/api/auth.hpp"

#include "redirector/services.hpp"
#include "redirector/store/ids.hpp"
#include "redirector/store/keyspace.hpp"
#include "redirector/store/loader.hpp"
#include "redirector/text.hpp"

#include <boost/json.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <sodium.h>

namespace redirector::api {
namespace {

namespace json = boost::json;

constexpr std::array<std::string_view, 5> kKeyTypes{"operator", "trustedApplication", "application",
                                                    "user", "device"};

std::string decode_base64(std::string_view text) {
    std::string bytes(text.size(), '\0');
    std::size_t length = 0;
    const bool good = sodium_base642bin(reinterpret_cast<unsigned char*>(bytes.data()),
                                        bytes.size(), text.data(), text.size(), nullptr, &length,
                                        nullptr, sodium_base64_VARIANT_ORIGINAL) == 0;
    bytes.resize(good ? length : 0);
    return bytes;
}

std::string_view text_of(const json::object& object, std::string_view name) {
    const json::value* const value = object.if_contains(name);
    return value != nullptr && value->is_string() ? std::string_view(value->get_string())
                                                  : std::string_view();
}

// What memory knows of a key; nothing when Redis must be asked.
std::optional<Authenticated> recall(std::string_view redis_key, Services& services) {
    store::NearCache::Guard guard(services.reader);
    const auto found = guard.find(redis_key, store::NearCache::Clock::now());
    if (found.presence == store::NearCache::Presence::miss ||
        found.trust != store::NearCache::Trust::fresh) {
        return std::nullopt;
    }
    if (found.presence == store::NearCache::Presence::absent)
        return Authenticated{AuthFailure::invalid, {}};
    return Authenticated{AuthFailure::none, found.as<CachedActor>().actor()};
}

}  // namespace

std::string encode_actor(const Actor& actor) {
    json::object object{{"type", kKeyTypes[static_cast<std::size_t>(actor.type)]},
                        {"account", actor.account},
                        {"actor", actor.id}};
    if (!actor.project.empty()) object["project"] = actor.project;
    if (!actor.app.empty()) object["app"] = actor.app;
    return json::serialize(object);
}

std::optional<Actor> decode_actor(std::string_view text) {
    json::error_code error;
    const json::value value = json::parse({text.data(), text.size()}, error);
    if (error || !value.is_object()) return std::nullopt;
    const auto& object = value.get_object();
    const auto type = std::ranges::find(kKeyTypes, text_of(object, "type"));
    Actor actor;
    actor.account = text_of(object, "account");
    actor.id = text_of(object, "actor");
    actor.project = text_of(object, "project");
    actor.app = text_of(object, "app");
    if (type == kKeyTypes.end() || actor.account.empty()) return std::nullopt;
    actor.type = static_cast<KeyType>(type - kKeyTypes.begin());
    return actor;
}

std::string presented_key(const Request& request) {
    const std::string_view field = request.field(Field::authorization);
    const auto blank = field.find(' ');
    if (blank == field.npos) return std::string(field);
    const std::string_view scheme = field.substr(0, blank);
    const std::string_view rest =
        field.substr(std::min(field.find_first_not_of(' ', blank), field.size()));
    if (!equal_ignoring_case(scheme, "basic")) return std::string(rest);
    const std::string pair = decode_base64(rest);
    const auto colon = pair.find(':');
    const std::string user = pair.substr(0, colon);
    if (store::is_api_key(user) || colon == pair.npos) return user;
    return pair.substr(colon + 1);
}

Awaitable<Authenticated> authenticate(const Request& request, Services& services) {
    const std::string key = presented_key(request);
    Authenticated result;
    if (request.field(Field::authorization).empty()) co_return result;
    result.failure = AuthFailure::invalid;
    if (!store::is_api_key(key)) co_return result;
    const std::string redis_key = store::keyspace::api_key(store::api_key_digest(key));
    if (const auto known = recall(redis_key, services)) co_return *known;
    const store::Loaded loaded = co_await services.loader.load(redis_key);
    if (loaded.state == store::LoadState::store_down) result.failure = AuthFailure::store_down;
    if (loaded.state == store::LoadState::present) {
        result.failure = AuthFailure::none;
        result.actor = static_cast<const CachedActor&>(*loaded.entry).actor();
    }
    co_return result;
}

std::string_view access_name(KeyType type) {
    switch (type) {
        case KeyType::operator_:
            return "operator";
        case KeyType::user:
            return "userInApp";
        case KeyType::device:
            return "device";
        default:
            return "app";
    }
}

}  // namespace redirector::api
