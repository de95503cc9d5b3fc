// The table of actions (tables.hpp): what a client may say of one, and what is known beyond that.
#include "redirector/api/tables.hpp"

#include <array>

namespace redirector::api {
namespace {

constexpr FieldSpec target(std::string_view name, std::string_view meaning) {
    return {.name = name, .type = Type::resource_id, .meaning = meaning, .filterable = true};
}
constexpr FieldSpec made_by(std::string_view name, std::string_view meaning) {
    return {
        .name = name, .type = Type::resource_id, .access = Access::read_only, .meaning = meaning};
}
constexpr FieldSpec known(std::string_view name, std::string_view meaning) {
    return {.name = name, .access = Access::read_only, .meaning = meaning};
}
constexpr FieldSpec looked_at(std::string_view name, std::string_view meaning) {
    return {.name = name, .access = Access::read_only, .meaning = meaning, .filterable = true};
}

constexpr std::array kContextFields{
    known("ipAddress", "of the client, as far as --ip-privacy keeps it"),
    looked_at("city", "of the address"),
    looked_at("region", "of the address"),
    looked_at("countryCode", "of the address, ISO 3166-1 alpha-2"),
    looked_at("timeZone", "of the address, IANA name"),
    known("userAgent", "as sent"),
    known("userAgentName", "such as Chrome; or Unknown"),
    known("userAgentVersion", "such as 120.0"),
    known("operatingSystemName", "with its version; or Unknown"),
    known("operatingSystemFamily", "such as iOS"),
    known("operatingSystemVersion", "such as 17.1"),
    known("operatingSystemProducer", "such as Apple"),
    known("device", "such as iPhone"),
    known("deviceType", "phone, tablet, desktop, bot ..."),
    known("language", "the first of Accept-Language"),
    known("referer", "as sent"),
    known("shortId", "the code that was scanned"),
    FieldSpec{.name = "rule",
              .type = Type::integer,
              .access = Access::read_only,
              .meaning = "the rule that chose the page, from 1"},
    FieldSpec{.name = "bot",
              .type = Type::boolean,
              .access = Access::read_only,
              .meaning = "whether the agent names itself a crawler or preview"},
};
constexpr DocumentSpec kContext{"actionContext", kContextFields};

constexpr std::array<std::string_view, 4> kSources{"sensor", "place", "geoIp", "unknown"};

constexpr std::array kActionFields{
    FieldSpec{.name = "id",
              .type = Type::resource_id,
              .access = Access::read_only,
              .meaning = "where the action is kept"},
    FieldSpec{.name = "createdAt",
              .type = Type::timestamp,
              .access = Access::read_only,
              .meaning = "when it was taken",
              .filterable = true},
    FieldSpec{.name = "timestamp",
              .type = Type::timestamp,
              .access = Access::once,
              .meaning = "when it happened, at most a day ahead; now when absent",
              .filterable = true},
    FieldSpec{.name = "type",
              .access = Access::once,
              .meaning = "scans, checkins, shares or a custom type; the path may say it instead",
              .filterable = true,
              .max = 64},
    target("thng", "what it was done on: one of thng, product and collection"),
    target("product", "the product, that of the thng too"),
    target("collection", "the collection"),
    FieldSpec{.name = "place",
              .type = Type::resource_id,
              .access = Access::read_only,
              .meaning = "the place whose code was scanned"},
    FieldSpec{.name = "user",
              .type = Type::resource_id,
              .access = Access::read_only,
              .meaning = "the application user who did it",
              .filterable = true},
    made_by("createdByProject", "the project of the key"),
    made_by("createdByApp", "the application of the key"),
    made_by("createdByThng", "the thng of a device's key"),
    FieldSpec{.name = "identifiers",
              .type = Type::string_map,
              .access = Access::once,
              .meaning = "codes; of a thng or product, where no target is named",
              .filterable = true},
    FieldSpec{.name = "location",
              .type = Type::document,
              .access = Access::once,
              .meaning = "where; from the client's address when absent",
              .nested = &kLocation},
    FieldSpec{.name = "locationSource",
              .type = Type::enumeration,
              .access = Access::read_only,
              .meaning = "sensor: given as position; place; geoIp; unknown",
              .values = kSources},
    FieldSpec{.name = "context",
              .type = Type::document,
              .access = Access::read_only,
              .meaning = "who and from where; shown with ?context=true only",
              .filterable = true,
              .nested = &kContext},
    FieldSpec{.name = "customFields",
              .type = Type::object,
              .access = Access::once,
              .meaning = "whatever its maker keeps there"},
    FieldSpec{.name = "tags",
              .type = Type::texts,
              .access = Access::once,
              .meaning = "words to find it by",
              .filterable = true,
              .max = 60},
    FieldSpec{.name = "scopes",
              .type = Type::document,
              .access = Access::once,
              .meaning = "who sees it; shown with ?withScopes=true only",
              .nested = &kScopes},
    FieldSpec{.name = "reactions",
              .type = Type::any,
              .access = Access::read_only,
              .meaning = "[{type: redirection, redirectUrl, redirectionContext}]"},
};

}  // namespace

const DocumentSpec kAction{"action", kActionFields};

}  // namespace redirector::api
