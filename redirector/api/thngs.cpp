// Thngs and products: what a short URL stands for.
#include "redirector/api/filter.hpp"
#include "redirector/api/history.hpp"
#include "redirector/api/keys.hpp"
#include "redirector/api/position.hpp"
#include "redirector/api/resources.hpp"
#include "redirector/api/standard_routes.hpp"
#include "redirector/api/tables.hpp"
#include "rules/vocabulary.hpp"

#include <boost/json.hpp>

#include <array>

namespace redirector::api {
namespace {

namespace json = boost::json;

constexpr std::string_view kPropertyKeyRefusal =
    "has a key that starts with ~, which is kept for the system";

// Initial properties: keys in lower case, all as of now.
Problems derive_properties(std::string_view name, json::object& document) {
    const json::value* const given = document.if_contains("properties");
    if (given == nullptr || !given->is_object() || document.contains("propertyTimes")) return {};
    json::object folded, times;
    for (const auto& member : given->get_object()) {
        if (member.key().starts_with("~")) {
            return {{Code::invalid_field, "properties",
                     std::string(name) + ".properties " + std::string(kPropertyKeyRefusal)}};
        }
        const std::string key = rules::fold(std::string_view(member.key()));
        folded[key] = member.value();
        times[key] = now_ms();
    }
    document["properties"] = std::move(folded);
    document["propertyTimes"] = std::move(times);
    return {};
}

Problems derive_thng(const json::object&, json::object& document) {
    if (json::value* const location = document.if_contains("location")) {
        json::object& fields = location->as_object();
        if (Problems problems = mirror_position("thng.location", fields); !problems.empty())
            return problems;
        if (!fields.contains("timestamp")) fields["timestamp"] = now_ms();
    }
    return derive_properties("thng", document);
}

// `fn` is the older name of `name`: the one that was given is copied to the other.
Problems derive_product(const json::object& given, json::object& document) {
    if (given.contains("fn") && !given.contains("name")) document["name"] = given.at("fn");
    if (text_of(document, "name").empty()) {
        return {{Code::missing_field, "name", "product.name is required"}};
    }
    const json::value name = document["name"];  // a copy: inserting may move what is there
    document["fn"] = name;
    return derive_properties("product", document);
}

// A product that is named must be there, and seen by who names it.
Awaitable<bool> prepare_thng(Call& call, const json::object* before, json::object& document) {
    const std::string product(text_of(document, "product"));
    if (product.empty() || (before != nullptr && text_of(*before, "product") == product))
        co_return true;
    std::vector<std::string> ids{product};
    const auto found = co_await find_documents(call, kProduct, std::move(ids));
    if (!found) co_return false;
    if (!found->empty()) co_return true;
    call.refuse(Code::invalid_field, "product",
                "thng.product names no product: \"" + product + "\"");
    co_return false;
}

// First values begin the histories; with the document they end.
void accompany(const store::Documents& store,
               const json::object* before,
               const json::object* after,
               std::vector<store::Command>& along) {
    if (before != nullptr && after != nullptr) return;
    const json::object& document = after != nullptr ? *after : *before;
    const std::string_view id = text_of(document, "id");
    const json::value* const properties = document.if_contains("properties");
    if (properties != nullptr && properties->is_object()) {
        for (const auto& member : properties->get_object()) {
            if (after == nullptr) {
                drop_history(store, id, member.key(), along);
            } else {
                const json::object& times = after->at("propertyTimes").as_object();
                add_point(store, id, member.key(), times.at(member.key()).as_int64(),
                          member.value(), along);
            }
        }
    }
    const json::value* const location = document.if_contains("location");
    if (location == nullptr || !location->is_object()) return;
    if (after == nullptr) {
        drop_history(store, id, kLocationHistory, along);
    } else {
        add_point(store, id, kLocationHistory, location->get_object().at("timestamp").as_int64(),
                  *location, along);
    }
}

// The device key dies with its thng.
Awaitable<bool> cascade_thng(Call& call, const json::object& document) {
    std::string key(text_of(document, "thngApiKey"));
    co_return co_await revoke_key(call, std::move(key));
}

bool forget_product(json::object& thng, std::vector<store::Command>&) {
    return thng.erase("product") > 0;
}

Awaitable<bool> forget_product_of(Call& call, std::vector<Document> thngs) {
    const Edit edit = forget_product;
    co_return co_await change_documents(call, kThngs, std::move(thngs), edit);
}

// Thngs of a product that is removed become thngs of none.
Awaitable<bool> cascade_product(Call& call, const json::object& document) {
    const Each each = [&call](std::vector<Document> thngs) {
        return forget_product_of(call, std::move(thngs));
    };
    std::string index = index_of_value(kThng, "product", text_of(document, "id"));
    co_return co_await for_each_document(call, kThng, std::move(index), each);
}

constexpr KeyTypes kDevices = kUsers | bit(KeyType::device);
constexpr KeyTypes kReaders = kUsers | bit(KeyType::application);

constexpr std::array kRoutes{
    create_route("/thngs", kUsers, kThngs, kThng, "creates a thng"),
    list_route("/thngs", kUsers, kThngs, kThng, "lists thngs"),
    bulk_update_route("/thngs", kTrusted, kThngs, kThng, "changes those of ?ids= or ?filter="),
    bulk_remove_route("/thngs", kTrusted, kThngs, kThng, "removes those of ?ids= or ?filter="),
    read_route("/thngs/{thng}", kDevices, kThngs, kThng, "reads a thng"),
    update_route("/thngs/{thng}", kDevices, kThngs, kThng, "changes the fields given"),
    remove_route("/thngs/{thng}", kTrusted, kThngs, kThng, "removes a thng and its histories"),
    create_route("/products", kUsers, kProducts, kProduct, "creates a product"),
    list_route("/products", kReaders, kProducts, kProduct, "lists products"),
    bulk_update_route(
        "/products", kTrusted, kProducts, kProduct, "changes those of ?ids= or ?filter="),
    bulk_remove_route(
        "/products", kTrusted, kProducts, kProduct, "removes those of ?ids= or ?filter="),
    read_route("/products/{product}", kReaders, kProducts, kProduct, "reads a product"),
    update_route("/products/{product}", kUsers, kProducts, kProduct, "changes the fields given"),
    remove_route("/products/{product}",
                 kTrusted,
                 kProducts,
                 kProduct,
                 "removes a product; its thngs lose their reference to it"),
};

}  // namespace

const Resource kThngs{kThng, "/thngs", derive_thng, prepare_thng, accompany, cascade_thng};
const Resource kProducts{kProduct, "/products", derive_product,
                         nullptr,  accompany,   cascade_product};

std::span<const Route> thng_routes() {
    return kRoutes;
}

}  // namespace redirector::api
