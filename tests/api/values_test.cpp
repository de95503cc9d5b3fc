// Wrong input for every field type: the problem names the field.
#include "redirector/api/position.hpp"
#include "redirector/api/tables.hpp"

#include <boost/json.hpp>
#include <gtest/gtest.h>

namespace redirector::api {
namespace {

namespace json = boost::json;

struct Wrong {
    const DocumentSpec* spec;
    const char *field, *value, *word;
};

TEST(Values, OfTheWrongKindAreRefusedByName) {
    const Wrong cases[] = {
        {&kThng, "name", "7", "string"},
        {&kThng, "name", "\"\"", "blank"},
        {&kThng, "name", "null", "string"},
        {&kThng, "product", "\"p\"", "24"},
        {&kThng, "tags", "\"red\"", "array of strings"},
        {&kThng, "tags", "[1]", "array of strings"},
        {&kThng, "tags", "[\"0123456789012345678901234567890123456789012345678901234567890\"]",
         "60"},
        {&kThng, "customFields", "[]", "object"},
        {&kThng, "identifiers", "{\"ean\":1}", "strings only"},
        {&kThng, "identifiers", "{\"\":\"1\"}", "name that is empty"},
        {&kThng, "properties", "{\"a\":null}", "null"},
        {&kThng, "location", "{\"position\":{\"type\":\"Line\",\"coordinates\":[]}}", "Point"},
        {&kThng, "scopes", "{\"teams\":[]}", "scopes.teams"},
        {&kProject, "startsAt", "\"now\"", "whole number"},
        {&kProject, "startsAt", "-1", "whole number"},
        {&kProject, "endsAt", "1e30", "whole number"},
        {&kProject, "endsAt", "253402300800000", "year 10000"},
        {&kPlace, "latitude", "\"1\"", "number"},
        {&kPlace, "address", "{\"planet\":\"Mars\"}", "address.planet"},
        {&kUser, "email", "\"nobody\"", "e-mail"},
        {&kUser, "gender", "\"x\"", "one of male, female"},
        {&kUser, "birthday", "{\"day\":1}", "birthday.month"},
        {&kRedirection, "shortId", "\"a b\"", "4 to 40"},
        {&kRedirection, "defaultRedirectUrl", "\"ftp://x\"", "http"},
        {&kProperty, "value", "null", "null"},
    };
    for (const Wrong& wrong : cases) {
        const json::value value = json::parse(wrong.value);
        const FieldSpec& field = *wrong.spec->find(wrong.field);
        const auto refusal = refuse_value(field, value);
        ASSERT_TRUE(refusal) << wrong.field << " " << wrong.value;
        EXPECT_NE(refusal->find(wrong.word), std::string::npos) << *refusal;
        if (field.access != Access::write) continue;
        json::object body{{wrong.field, value}};
        const Problems problems = check(*wrong.spec, Verb::update, body);
        ASSERT_EQ(problems.size(), 1U) << wrong.field << " " << wrong.value;
        EXPECT_EQ(problems[0].field, wrong.field);
        EXPECT_EQ(problems[0].code, Code::invalid_field);
    }
}

// A value that the type never takes.
json::value wrong_for(Type type) {
    switch (type) {
        case Type::any:
            return nullptr;
        case Type::integer:
        case Type::number:
        case Type::boolean:
        case Type::timestamp:
        case Type::texts:
        case Type::ids:
        case Type::string_map:
        case Type::object:
        case Type::values:
        case Type::document:
            return "wrong";
        default:
            return 7;
    }
}

TEST(Values, OfEveryFieldOfEveryDocumentAreCheckedByName) {
    const DocumentSpec* const documents[] = {
        &kThng,       &kProduct,  &kCollection, &kPlace,    &kProject,     &kApplication,
        &kUser,       &kAccount,  &kOperator,   &kProperty, &kActionType,  &kLocation,
        &kAction,     &kScopes,   &kLogin,      &kWebhook,  &kRedirection, &kResourceRedirection,
        &kActivation, &kDeviceKey};
    std::size_t tried = 0;
    for (const DocumentSpec* const spec : documents) {
        for (const FieldSpec& field : spec->fields) {
            if (field.access == Access::read_only || field.access == Access::hidden) continue;
            json::object body{{field.name, wrong_for(field.type)}};
            const Problems problems = check(*spec, Verb::create, body);
            const std::string name = std::string(spec->name) + "." + std::string(field.name);
            ASSERT_FALSE(problems.empty()) << name;
            EXPECT_EQ(problems[0].field, field.name);
            EXPECT_TRUE(problems[0].message.starts_with(name + " ")) << problems[0].message;
            ++tried;
        }
    }
    EXPECT_GT(tried, 100U);
}

TEST(Values, AreBoundedInNumber) {
    json::array tags(kMaxItems + 1, "x");
    json::object body{{"tags", tags}};
    EXPECT_EQ(check(kThng, Verb::update, body).size(), 1U);
    json::object map;
    for (std::size_t i = 0; i <= kMaxItems; ++i)
        map[std::to_string(i)] = "x";
    body = {{"customFields", map}};
    EXPECT_EQ(check(kThng, Verb::update, body).size(), 1U);
}

TEST(Values, HiddenFieldsAreNeitherTakenNorShown) {
    json::object body{{"secretApiKey", "x"}, {"name", "a"}};
    EXPECT_EQ(check(kApplication, Verb::create, body).at(0).code, Code::unknown_field);
    json::object user{{"email", "a@b.c"}, {"password", "x"}, {"passwordHash", "x"}, {"keys", 1}};
    hide(kUser, user);
    EXPECT_EQ(json::serialize(user), R"({"email":"a@b.c"})");
}

TEST(Values, NullTakesAnOptionalFieldAway) {
    json::object body{{"description", nullptr}};
    EXPECT_TRUE(check(kThng, Verb::update, body).empty());
    EXPECT_TRUE(body.at("description").is_null());
    body = {{"name", "a"}, {"description", nullptr}};
    EXPECT_TRUE(check(kThng, Verb::create, body).empty());
    EXPECT_FALSE(body.contains("description"));
}

TEST(Position, MirrorsWhicheverWasGiven) {
    json::object place{{"latitude", 51}, {"longitude", -0.5}};
    EXPECT_TRUE(mirror_position("place", place).empty());
    EXPECT_EQ(json::serialize(place["position"].at("coordinates")), "[-5E-1,5.1E1]");
    place = json::parse(R"({"position":{"type":"Point","coordinates":[5,6]},"latitude":1})")
                .as_object();
    EXPECT_TRUE(mirror_position("place", place).empty());
    EXPECT_EQ(position_of(place)->latitude, 6);
    EXPECT_EQ(position_of(place)->longitude, 5);
}

TEST(Position, RefusesWhatIsNoPointOnEarth) {
    for (const char* text :
         {R"({"latitude":1})", R"({"longitude":1})", R"({"latitude":91,"longitude":0})",
          R"({"position":{"coordinates":[1]}})", R"({"position":{"coordinates":["a",1]}})",
          R"({"position":{"coordinates":[181,1]}})", R"({"position":{"coordinates":7}})"}) {
        json::object place = json::parse(text).as_object();
        EXPECT_EQ(mirror_position("place", place).size(), 1U) << text;
    }
}

}  // namespace
}  // namespace redirector::api
