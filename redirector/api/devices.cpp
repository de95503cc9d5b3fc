// Device keys: a thng's own key, under which it reads and writes itself. Asked for again it is the
// same one, so it is stored with the thng, hidden.
#include "redirector/api/keys.hpp"
#include "redirector/api/resource.hpp"
#include "redirector/api/resources.hpp"
#include "redirector/api/tables.hpp"
#include "redirector/store/ids.hpp"

#include <boost/json.hpp>

#include <array>

namespace redirector::api {
namespace {

namespace json = boost::json;

std::string first_project(const Document& thng) {
    const json::value* const scopes = thng.fields.if_contains("scopes");
    const json::value* const projects = scopes != nullptr && scopes->is_object()
                                            ? scopes->get_object().if_contains("projects")
                                            : nullptr;
    const bool any = projects != nullptr && projects->is_array() && !projects->get_array().empty();
    return any ? std::string(projects->get_array().front().as_string()) : std::string();
}

void answer_key(Call& call, const Document& thng) {
    answer_json(call, json::object{{"thngId", thng.id()}, {"thngApiKey", thng.text("thngApiKey")}});
}

Awaitable<void> create_key(Call& call) {
    const auto body = take_body(call, kDeviceKey, Verb::create);
    if (!body) co_return;
    const std::string drawn = store::new_api_key();
    const Edit edit = [&drawn](json::object& thng, std::vector<store::Command>&) {
        if (thng.contains("thngApiKey")) return false;
        thng["thngApiKey"] = drawn;
        return true;
    };
    std::string id(text_of(*body, "thngId"));
    const auto thng = co_await change_document(call, kThngs, std::move(id), edit);
    if (!thng) co_return;
    std::vector<NewKey> keys{{std::string(thng->text("thngApiKey")),
                              Actor{KeyType::device, call.actor.account, std::string(thng->id()),
                                    first_project(*thng)}}};
    const bool put = co_await put_keys(call, std::move(keys));
    if (!put) {
        refuse_store(call);
        co_return;
    }
    call.reply.status = 201;
    answer_key(call, *thng);
}

// The thng of the path, if it has a key.
Awaitable<std::optional<Document>> find_device(Call& call) {
    std::string id(call.captures[0]);
    auto thng = co_await find_document(call, kThng, id);
    if (thng && thng->text("thngApiKey").empty()) {
        call.refuse(Code::not_found, "", "thng \"" + id + "\" has no key");
        thng.reset();
    }
    co_return thng;
}

Awaitable<void> read_key(Call& call) {
    const auto thng = co_await find_device(call);
    if (thng) answer_key(call, *thng);
}

Awaitable<void> remove_key(Call& call) {
    const auto thng = co_await find_device(call);
    if (!thng) co_return;
    std::string key(thng->text("thngApiKey"));
    const bool revoked = co_await revoke_key(call, key);
    if (!revoked) {
        refuse_store(call);
        co_return;
    }
    const Edit edit = [&key](json::object& fields, std::vector<store::Command>&) {
        if (text_of(fields, "thngApiKey") != key) return false;
        fields.erase("thngApiKey");
        return true;
    };
    std::string id(call.captures[0]);
    co_await change_document(call, kThngs, std::move(id), edit);
}

constexpr std::array kRoutes{
    Route{Method::post, "/auth/evrythng/thngs", kUsers, false, kJsonBody, create_key,
          "makes a thng's device key, or answers the one it has", 201, Shape::one, &kDeviceKey,
          Shape::one},
    Route{Method::get, "/auth/evrythng/thngs/{thng}", kUsers, false, 0, read_key,
          "reads a thng's device key", 200, Shape::one, &kDeviceKey},
    Route{Method::delete_, "/auth/evrythng/thngs/{thng}", kUsers, false, 0, remove_key,
          "ends a thng's device key"},
};

}  // namespace

std::span<const Route> device_routes() {
    return kRoutes;
}

}  // namespace redirector::api
