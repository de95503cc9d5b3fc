#include "redirector/api/tables.hpp"

#include "redirector/store/redirection.hpp"

#include <array>

namespace redirector::api {
namespace {

constexpr std::size_t kMaxTag = 60;
constexpr std::size_t kMaxName = 1'000;
constexpr std::size_t kMaxUrl = 2'048;

constexpr FieldSpec kId{.name = "id",
                        .type = Type::resource_id,
                        .access = Access::read_only,
                        .meaning = "drawn on creation"};
constexpr FieldSpec kCreatedAt{.name = "createdAt",
                               .type = Type::timestamp,
                               .access = Access::read_only,
                               .meaning = "when it was created"};
constexpr FieldSpec kFilterableCreatedAt{.name = "createdAt",
                                         .type = Type::timestamp,
                                         .access = Access::read_only,
                                         .meaning = "when it was created",
                                         .filterable = true};
constexpr FieldSpec kUpdatedAt{.name = "updatedAt",
                               .type = Type::timestamp,
                               .access = Access::read_only,
                               .meaning = "when it was last changed"};
constexpr FieldSpec kRequiredName{
    .name = "name", .meaning = "for people", .required = true, .filterable = true, .max = kMaxName};
constexpr FieldSpec kName{
    .name = "name", .meaning = "for people", .filterable = true, .max = kMaxName};
constexpr FieldSpec kDescription{.name = "description", .meaning = "for people"};
constexpr FieldSpec kTags{.name = "tags",
                          .type = Type::texts,
                          .meaning = "words to find it by",
                          .filterable = true,
                          .max = kMaxTag};
constexpr FieldSpec kPlainTags{
    .name = "tags", .type = Type::texts, .meaning = "words to find it by", .max = kMaxTag};
constexpr FieldSpec kCustomFields{
    .name = "customFields", .type = Type::object, .meaning = "whatever its owner keeps there"};
constexpr FieldSpec kIdentifiers{.name = "identifiers",
                                 .type = Type::string_map,
                                 .meaning = "codes that others know it by: EPC, EAN, ...",
                                 .filterable = true};
constexpr FieldSpec kPlainIdentifiers{.name = "identifiers",
                                      .type = Type::string_map,
                                      .meaning = "codes that others know it by: EPC, EAN, ..."};
constexpr FieldSpec kScopesField{.name = "scopes",
                                 .type = Type::document,
                                 .meaning = "who sees it; shown with ?withScopes=true only",
                                 .nested = &kScopes};
constexpr FieldSpec kProjectOf{.name = "project",
                               .type = Type::resource_id,
                               .access = Access::read_only,
                               .meaning = "the project that it belongs to",
                               .filterable = true};
constexpr FieldSpec kCollectionsOf{.name = "collections",
                                   .type = Type::ids,
                                   .access = Access::read_only,
                                   .meaning = "the collections that it is in",
                                   .filterable = true};
constexpr FieldSpec kActivatedAt{.name = "activatedAt",
                                 .type = Type::timestamp,
                                 .access = Access::read_only,
                                 .meaning = "when it was first activated"};
constexpr FieldSpec kInitialProperties{.name = "properties",
                                       .type = Type::values,
                                       .access = Access::once,
                                       .meaning = "latest value of each property"};
constexpr FieldSpec kPropertyTimes{.name = "propertyTimes",
                                   .type = Type::object,
                                   .access = Access::hidden,
                                   .meaning = "when each property got its latest value"};
constexpr FieldSpec kImageUrl{.name = "imageUrl", .meaning = "URL of a picture", .max = kMaxUrl};

// Texts that may also be "+id" or "-id": scopes.hpp reads them.
constexpr std::array kScopesFields{
    FieldSpec{.name = "users",
              .type = Type::texts,
              .meaning = "application users who see it, or \"all\""},
    FieldSpec{.name = "projects",
              .type = Type::texts,
              .meaning = "projects whose applications and users see it"},
};

constexpr std::array<std::string_view, 1> kPoint{"Point"};
constexpr std::array kPositionFields{
    FieldSpec{.name = "type",
              .type = Type::enumeration,
              .meaning = "GeoJSON, RFC 7946",
              .required = true,
              .values = kPoint},
    FieldSpec{.name = "coordinates",
              .type = Type::any,
              .meaning = "longitude, then latitude, in degrees",
              .required = true},
};
constexpr DocumentSpec kPosition{"position", kPositionFields};
constexpr FieldSpec kPositionField{.name = "position",
                                   .type = Type::document,
                                   .meaning = "GeoJSON point: longitude, latitude",
                                   .nested = &kPosition};
constexpr FieldSpec kLatitude{
    .name = "latitude", .type = Type::number, .meaning = "degrees north, -90 to 90"};
constexpr FieldSpec kLongitude{
    .name = "longitude", .type = Type::number, .meaning = "degrees east, -180 to 180"};

constexpr std::array kLocationFields{
    FieldSpec{.name = "timestamp",
              .type = Type::timestamp,
              .meaning = "when it was there; now when absent",
              .filterable = true},
    kPositionField,
    kLatitude,
    kLongitude,
    FieldSpec{.name = "place", .type = Type::resource_id, .meaning = "a place instead of a point"},
    FieldSpec{.name = "scopes",
              .type = Type::any,
              .access = Access::read_only,
              .meaning = "those of the thng"},
};
constexpr FieldSpec kInitialLocation{.name = "location",
                                     .type = Type::document,
                                     .access = Access::once,
                                     .meaning = "where it is",
                                     .nested = &kLocation};

constexpr std::array kThngFields{
    kId,
    kFilterableCreatedAt,
    kUpdatedAt,
    kRequiredName,
    kDescription,
    FieldSpec{.name = "product",
              .type = Type::resource_id,
              .meaning = "the product that it is one of",
              .filterable = true},
    kTags,
    kCustomFields,
    kIdentifiers,
    kInitialProperties,
    kInitialLocation,
    kCollectionsOf,
    kActivatedAt,
    FieldSpec{.name = "batch",
              .type = Type::resource_id,
              .access = Access::read_only,
              .meaning = "the batch that made it"},
    FieldSpec{.name = "createdByTask",
              .type = Type::resource_id,
              .access = Access::read_only,
              .meaning = "the task that made it"},
    kScopesField,
    kPropertyTimes,
    FieldSpec{.name = "thngApiKey", .access = Access::hidden, .meaning = "its device key"},
};

constexpr std::array kProductFields{
    kId,
    kCreatedAt,
    kUpdatedAt,
    kName,
    FieldSpec{.name = "fn", .meaning = "the name under its older field", .max = kMaxName},
    kDescription,
    FieldSpec{.name = "brand", .meaning = "who makes it", .max = kMaxName},
    FieldSpec{.name = "categories",
              .type = Type::texts,
              .meaning = "kinds that it belongs to",
              .max = kMaxName},
    FieldSpec{.name = "photos", .type = Type::texts, .meaning = "URLs of pictures", .max = kMaxUrl},
    FieldSpec{.name = "url", .meaning = "URL of its page", .max = kMaxUrl},
    kTags,
    kCustomFields,
    kIdentifiers,
    kInitialProperties,
    kActivatedAt,
    kScopesField,
    kPropertyTimes,
};

constexpr std::array kCollectionFields{
    kId,   kCreatedAt,    kUpdatedAt,   kRequiredName,  kDescription,
    kTags, kCustomFields, kIdentifiers, kCollectionsOf, kScopesField,
};

constexpr std::array<std::string_view, 15> kAddressNames{
    "extension",     "street",       "postalCode",   "city",      "county",
    "state",         "country",      "countryCode",  "district",  "buildingName",
    "buildingFloor", "buildingRoom", "buildingZone", "crossing1", "crossing2"};
constexpr auto kAddressFields = [] {
    std::array<FieldSpec, kAddressNames.size()> fields{};
    for (std::size_t i = 0; i < fields.size(); ++i) {
        fields[i].name = kAddressNames[i];
        fields[i].max = kMaxName;
    }
    return fields;
}();
constexpr DocumentSpec kAddress{"address", kAddressFields};

constexpr std::array kPlaceFields{
    kId,
    kCreatedAt,
    kUpdatedAt,
    kName,
    kDescription,
    FieldSpec{.name = "icon", .meaning = "URL of a picture", .max = kMaxUrl},
    FieldSpec{.name = "address",
              .type = Type::document,
              .meaning = "postal address",
              .nested = &kAddress},
    kPositionField,
    kLatitude,
    kLongitude,
    kTags,
    kCustomFields,
    kIdentifiers,
    kScopesField,
};

constexpr std::array kProjectFields{
    kId,
    kCreatedAt,
    kUpdatedAt,
    kRequiredName,
    kDescription,
    FieldSpec{.name = "startsAt", .type = Type::timestamp, .meaning = "when it begins"},
    FieldSpec{.name = "endsAt", .type = Type::timestamp, .meaning = "when it ends"},
    kImageUrl,
    FieldSpec{.name = "shortDomains",
              .type = Type::texts,
              .meaning = "hosts of its short URLs; this service's when absent",
              .max = 255},
    kTags,
    kCustomFields,
    kIdentifiers,
    kScopesField,
};

constexpr std::array kApplicationFields{
    kId,
    kCreatedAt,
    kUpdatedAt,
    kRequiredName,
    kDescription,
    kProjectOf,
    FieldSpec{.name = "socialNetworks", .type = Type::object, .meaning = "{} where none is used"},
    FieldSpec{.name = "defaultUrl", .meaning = "where its links lead by default", .max = kMaxUrl},
    FieldSpec{.name = "appApiKey",
              .access = Access::read_only,
              .meaning = "its public key, of 80 characters"},
    FieldSpec{.name = "defaultRole",
              .meaning = "role of its new users; base_app_user when absent",
              .max = kMaxTag},
    kPlainTags,
    kCustomFields,
    kPlainIdentifiers,
    kScopesField,
    FieldSpec{.name = "secretApiKey",
              .access = Access::hidden,
              .meaning = "its key as a trusted application"},
};

constexpr std::array kAccountFields{
    kId,
    kCreatedAt,
    kUpdatedAt,
    kName,
    kCustomFields,
    kImageUrl,
    FieldSpec{.name = "tfaRequired",
              .type = Type::boolean,
              .access = Access::read_only,
              .meaning = "whether operators need a second factor"},
    FieldSpec{.name = "countBots",
              .type = Type::boolean,
              .meaning = "whether scans by bots and link previews are hits; true when absent"},
    FieldSpec{.name = "retentionDays",
              .type = Type::integer,
              .meaning = "how many days actions are kept, 1 to 36500; for ever when absent"},
};

constexpr std::array kOperatorFields{
    kId,
    kCreatedAt,
    kUpdatedAt,
    FieldSpec{.name = "account",
              .type = Type::resource_id,
              .access = Access::read_only,
              .meaning = "the account that it works for"},
    FieldSpec{.name = "email", .access = Access::read_only, .meaning = "its e-mail address"},
    FieldSpec{.name = "firstName", .meaning = "given name", .max = kMaxName},
    FieldSpec{.name = "lastName", .meaning = "family name", .max = kMaxName},
    kCustomFields,
};

constexpr std::array kActionTypeFields{
    kId,
    kCreatedAt,
    kUpdatedAt,
    FieldSpec{.name = "name",
              .access = Access::once,
              .meaning = "starts with _; then letters, digits, _ . or -",
              .required = true,
              .filterable = true,
              .max = 100},
    kDescription,
    kPlainTags,
    kCustomFields,
    kPlainIdentifiers,
    kScopesField,
};

constexpr std::array<std::string_view, 2> kGenders{"male", "female"};
constexpr std::array kBirthdayFields{
    FieldSpec{.name = "day", .type = Type::integer, .meaning = "1 to 31", .required = true},
    FieldSpec{.name = "month", .type = Type::integer, .meaning = "1 to 12", .required = true},
    FieldSpec{.name = "year", .type = Type::integer, .meaning = "1900 or later", .required = true},
};
constexpr DocumentSpec kBirthday{"birthday", kBirthdayFields};

constexpr std::array kUserFields{
    kId,
    kCreatedAt,
    kUpdatedAt,
    FieldSpec{.name = "email",
              .type = Type::email,
              .meaning = "unique within the application",
              .filterable = true},
    FieldSpec{.name = "firstName", .meaning = "given name", .filterable = true, .max = kMaxName},
    FieldSpec{.name = "lastName", .meaning = "family name", .filterable = true, .max = kMaxName},
    FieldSpec{.name = "password", .access = Access::write_only, .meaning = "8 to 30 characters"},
    FieldSpec{
        .name = "oldPassword", .access = Access::write_only, .meaning = "to change the password"},
    FieldSpec{.name = "birthday",
              .type = Type::document,
              .meaning = "day, month and year",
              .nested = &kBirthday},
    FieldSpec{.name = "gender",
              .type = Type::enumeration,
              .meaning = "male or female",
              .values = kGenders},
    FieldSpec{.name = "timezone", .meaning = "name of its time zone", .max = kMaxTag},
    FieldSpec{.name = "locale", .meaning = "language and region", .max = kMaxTag},
    FieldSpec{.name = "photo", .meaning = "URL of a picture", .max = kMaxUrl},
    kCustomFields,
    kPlainTags,
    kProjectOf,
    FieldSpec{.name = "app",
              .type = Type::resource_id,
              .access = Access::read_only,
              .meaning = "the application that it is a user of",
              .filterable = true},
    FieldSpec{.name = "status", .access = Access::hidden, .meaning = "inactive, active, anonymous"},
    FieldSpec{.name = "activationCode", .access = Access::hidden, .meaning = "until activated"},
    FieldSpec{.name = "activatedAt",
              .type = Type::timestamp,
              .access = Access::hidden,
              .meaning = "when it was activated"},
    FieldSpec{.name = "passwordHash", .access = Access::hidden, .meaning = "argon2id"},
    FieldSpec{.name = "keys",
              .type = Type::texts,
              .access = Access::hidden,
              .meaning = "digests of its keys, oldest first"},
};

constexpr std::array<std::string_view, 4> kResourceTypes{"thng", "product", "collection", "place"};
constexpr FieldSpec kShortDomain{
    .name = "shortDomain", .access = Access::read_only, .meaning = "host of the short URL"};
constexpr FieldSpec kDefaultRedirectUrl{
    .name = "defaultRedirectUrl",
    .type = Type::url_template,
    .meaning =
        "where to redirect to; may hold {evrythngId}, {thngId}, {productId}, {shortId} "
        "after the host",
    .required = true,
    .max = store::kMaxTargetTemplate};
constexpr FieldSpec kEvrythngUrl{
    .name = "evrythngUrl", .access = Access::read_only, .meaning = "URL of the resource"};
constexpr FieldSpec kShortId{.name = "shortId",
                             .type = Type::short_id,
                             .access = Access::once,
                             .meaning = "drawn at random when absent",
                             .filterable = true};
constexpr FieldSpec kHits{.name = "hits",
                          .type = Type::integer,
                          .access = Access::read_only,
                          .meaning = "scans recorded so far"};

constexpr std::array kRedirectionFields{
    kFilterableCreatedAt,
    kUpdatedAt,
    kShortDomain,
    kDefaultRedirectUrl,
    FieldSpec{
        .name = "redirectUrl", .access = Access::read_only, .meaning = "the same, as it is served"},
    FieldSpec{.name = "type",
              .type = Type::enumeration,
              .access = Access::once,
              .meaning = "type of the resource; when absent that of evrythngId, or thng",
              .filterable = true,
              .values = kResourceTypes},
    kEvrythngUrl,
    kShortId,
    FieldSpec{.name = "evrythngId",
              .type = Type::resource_id,
              .access = Access::once,
              .meaning = "ID of the resource",
              .required = true,
              .filterable = true},
    kHits,
};

// Fields of the whole document are read-only here: clients send back what they have read.
constexpr std::array kResourceRedirectionFields{
    kCreatedAt,
    kUpdatedAt,
    kShortDomain,
    kDefaultRedirectUrl,
    FieldSpec{.name = "redirectUrl", .access = Access::read_only, .meaning = "not shown here"},
    FieldSpec{.name = "type", .access = Access::read_only, .meaning = "not shown here"},
    FieldSpec{.name = "evrythngId", .access = Access::read_only, .meaning = "not shown here"},
    kEvrythngUrl,
    kShortId,
    kHits,
};

constexpr std::array kPropertyFields{
    FieldSpec{.name = "key",
              .meaning = "its name, in lower case; part of the path where one is meant",
              .max = 200},
    FieldSpec{.name = "value",
              .type = Type::any,
              .meaning = "string, number, boolean, array or object",
              .required = true},
    FieldSpec{.name = "timestamp",
              .type = Type::timestamp,
              .meaning = "when it had the value; now when absent",
              .filterable = true},
    kCreatedAt,
    FieldSpec{.name = "updatedAt", .access = Access::read_only, .meaning = "not shown"},
};

constexpr std::array kLoginFields{
    FieldSpec{.name = "email", .meaning = "of the user"},
    FieldSpec{.name = "evrythngUser", .meaning = "ID of the user, instead of the address"},
    FieldSpec{.name = "password",
              .access = Access::write_only,
              .meaning = "of the user",
              .required = true},
};
constexpr std::array kActivationFields{
    FieldSpec{.name = "activationCode", .meaning = "from registration", .required = true},
};
constexpr std::array kCredentialsFields{
    FieldSpec{.name = "evrythngUser", .access = Access::read_only, .meaning = "ID of the user"},
    FieldSpec{.name = "evrythngApiKey", .access = Access::read_only, .meaning = "its key"},
    FieldSpec{.name = "activationCode", .access = Access::read_only, .meaning = "to activate it"},
    FieldSpec{
        .name = "status", .access = Access::read_only, .meaning = "inactive, active or anonymous"},
    FieldSpec{.name = "email", .access = Access::read_only, .meaning = "of the user"},
    FieldSpec{.name = "socialNetwork", .access = Access::read_only, .meaning = "evrythng"},
};
constexpr std::array kDeviceKeyFields{
    FieldSpec{.name = "thngId", .type = Type::resource_id, .meaning = "the thng", .required = true},
    kPropertyTimes,
    FieldSpec{.name = "thngApiKey", .access = Access::read_only, .meaning = "its key"},
};
constexpr std::array kSecretKeyFields{
    FieldSpec{.name = "secretApiKey",
              .access = Access::read_only,
              .meaning = "key of the trusted application"},
};
constexpr std::array kAccessFields{
    FieldSpec{.name = "account", .access = Access::read_only, .meaning = "the key's account"},
    FieldSpec{.name = "project", .access = Access::read_only, .meaning = "of an application's key"},
    FieldSpec{.name = "actor",
              .type = Type::object,
              .access = Access::read_only,
              .meaning = "type (operator, app, userInApp, device) and id"},
};
constexpr std::array kTimeFields{
    FieldSpec{.name = "timestamp",
              .type = Type::timestamp,
              .access = Access::read_only,
              .meaning = "now"},
    FieldSpec{.name = "offset",
              .type = Type::integer,
              .access = Access::read_only,
              .meaning = "milliseconds east of UTC"},
    FieldSpec{.name = "localTime", .access = Access::read_only, .meaning = "ISO 8601"},
    FieldSpec{.name = "nextChange",
              .type = Type::timestamp,
              .access = Access::read_only,
              .meaning = "when the offset changes next"},
};

constexpr std::array<std::string_view, 2> kSteps{"day", "hour"};

constexpr std::array kStatisticsFields{
    FieldSpec{.name = "shortId",
              .type = Type::short_id,
              .access = Access::read_only,
              .meaning = "of a redirection's own"},
    FieldSpec{.name = "by",
              .type = Type::enumeration,
              .access = Access::read_only,
              .meaning = "step of the series",
              .values = kSteps},
    FieldSpec{.name = "from",
              .type = Type::timestamp,
              .access = Access::read_only,
              .meaning = "beginning of the first day"},
    FieldSpec{.name = "to",
              .type = Type::timestamp,
              .access = Access::read_only,
              .meaning = "end of the last day"},
    FieldSpec{.name = "hits",
              .type = Type::integer,
              .access = Access::read_only,
              .meaning = "in all these days"},
    FieldSpec{.name = "series",
              .type = Type::any,
              .access = Access::read_only,
              .meaning = "array of {timestamp, hits}: one for each step, oldest first"},
    FieldSpec{.name = "countries",
              .type = Type::object,
              .access = Access::read_only,
              .meaning = "hits by country code; other: beyond the first 32 of a day"},
    FieldSpec{.name = "devices",
              .type = Type::object,
              .access = Access::read_only,
              .meaning = "hits by kind of device: mobile, tablet, desktop, bot ..."},
    FieldSpec{.name = "rules",
              .type = Type::object,
              .access = Access::read_only,
              .meaning = "hits by rule: default, its number, <application>.<number>, other"},
};

}  // namespace

const DocumentSpec kThng{"thng", kThngFields};
const DocumentSpec kProduct{"product", kProductFields};
const DocumentSpec kCollection{"collection", kCollectionFields};
const DocumentSpec kPlace{"place", kPlaceFields};
const DocumentSpec kProject{"project", kProjectFields};
const DocumentSpec kApplication{"application", kApplicationFields};
const DocumentSpec kAccount{"account", kAccountFields};
const DocumentSpec kOperator{"operator", kOperatorFields};
const DocumentSpec kActionType{"actionType", kActionTypeFields};
const DocumentSpec kUser{"user", kUserFields};
const DocumentSpec kRedirection{"redirection", kRedirectionFields};
const DocumentSpec kResourceRedirection{"redirection", kResourceRedirectionFields};
const DocumentSpec kProperty{"property", kPropertyFields};
const DocumentSpec kLocation{"location", kLocationFields};
const DocumentSpec kScopes{"scopes", kScopesFields};
const DocumentSpec kLogin{"login", kLoginFields};
const DocumentSpec kActivation{"activation", kActivationFields};
const DocumentSpec kCredentials{"credentials", kCredentialsFields};
const DocumentSpec kDeviceKey{"deviceKey", kDeviceKeyFields};
const DocumentSpec kSecretKey{"secretKey", kSecretKeyFields};
const DocumentSpec kAccess{"access", kAccessFields};
const DocumentSpec kTime{"time", kTimeFields};
const DocumentSpec kStatistics{"statistics", kStatisticsFields};

}  // namespace redirector::api
