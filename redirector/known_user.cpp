#include "redirector/known_user.hpp"

#include "redirector/store/ids.hpp"
#include "redirector/store/keyspace.hpp"

namespace redirector {

KnownUser find_user(const Request& request, std::string_view account, Known& known) {
    if (request.field(Field::authorization).empty()) return {};
    const std::string key = api::presented_key(request);
    if (!store::is_api_key(key)) return {};
    const auto found = known.find(store::keyspace::api_key(store::api_key_digest(key)));
    if (found.state == Known::State::lacking) return {true, nullptr};
    if (found.state != Known::State::present) return {};
    const api::Actor& actor = found.as<api::CachedActor>().actor();
    if (actor.type != api::KeyType::user || actor.account != account) return {};
    return {false, &actor};
}

}  // namespace redirector
