#include "redirector/api/body.hpp"

#include "redirector/api/tables.hpp"
#include "redirector/api/yaml.hpp"

#include <boost/json.hpp>
#include <gtest/gtest.h>

namespace redirector::api {
namespace {

namespace json = boost::json;

ParsedBody read(std::string_view type, std::string_view body, const DocumentSpec& spec) {
    Request request;
    request.body = body;
    request.fields[static_cast<std::size_t>(Field::content_type)] = type;
    return read_document(request, spec, Verb::create);
}

constexpr std::string_view kForm = "application/x-www-form-urlencoded";

TEST(Body, TakesTheSameThngInEveryForm) {
    const std::string expected =
        R"({"name":"a b","tags":["x","y"],"customFields":{"size":"7"},"identifiers":{"ean":"1"}})";
    const ParsedBody as_json = read("application/json; charset=utf-8", expected, kThng);
    const ParsedBody as_form =
        read(kForm, "name=a+b&tags=x&tags=y&customFields.size=7&identifiers.ean=1", kThng);
    const ParsedBody as_parts = read(
        "multipart/form-data; boundary=\"b\"",
        "--b\r\nContent-Disposition: form-data; name=\"name\"\r\n\r\na b\r\n"
        "--b\r\nContent-Disposition: form-data; name=\"tags\"\r\n\r\nx,y\r\n"
        "--b\r\ncontent-disposition: form-data; name=\"customFields\"\r\n\r\n{\"size\":\"7\"}\r\n"
        "--b\r\nContent-Disposition: form-data; name=identifiers.ean\r\n\r\n1\r\n--b--\r\n",
        kThng);
    for (const ParsedBody* body : {&as_json, &as_form, &as_parts}) {
        ASSERT_TRUE(body->problems.empty()) << body->problems[0].message;
        EXPECT_EQ(json::serialize(body->object), expected);
    }
}

TEST(Body, TurnsTextsOfFormsIntoWhatTheTableAsksFor) {
    const ParsedBody place = read(kForm, "name=p&latitude=1.5&longitude=-2", kPlace);
    ASSERT_TRUE(place.problems.empty());
    EXPECT_EQ(place.object.at("latitude"), 1.5);
    const ParsedBody wrong = read(kForm, "name=p&latitude=north", kPlace);
    ASSERT_EQ(wrong.problems.size(), 1U);
    EXPECT_EQ(wrong.problems[0].field, "latitude");
}

TEST(Body, RefusesWhatItCannotRead) {
    const struct {
        std::string_view type, body;
        Code code;
    } cases[] = {
        {"text/plain", "name=x", Code::unsupported_media_type},
        {"application/xml", "<a/>", Code::unsupported_media_type},
        {"application/json", "{\"name\":", Code::malformed_request},
        {"application/json", "[]", Code::malformed_request},
        {"application/json", "{\"name\":\"\xff\"}", Code::malformed_request},
        {kForm, "tags=a&tags.x=b", Code::malformed_request},
        {kForm, "a.=b", Code::malformed_request},
        {kForm, "name=%FF", Code::malformed_request},
        {kForm, "customFields.%C3=b", Code::malformed_request},
        {"multipart/form-data; boundary=b",
         "--b\r\nContent-Disposition: form-data; name=\"name\"\r\n\r\n\xff\r\n--b--",
         Code::malformed_request},
        {"multipart/form-data", "--b--", Code::malformed_request},
        {"multipart/form-data; boundary=b", "--c--", Code::malformed_request},
        {"multipart/form-data; boundary=b", "--b\r\nX: y\r\n\r\nz\r\n--b--",
         Code::malformed_request},
        {"multipart/form-data; boundary=b", "--b\r\n", Code::malformed_request},
    };
    for (const auto& expected : cases) {
        const ParsedBody body = read(expected.type, expected.body, kThng);
        ASSERT_FALSE(body.problems.empty()) << expected.body;
        EXPECT_EQ(body.problems[0].code, expected.code) << expected.body;
    }
}

TEST(Body, BoundsTheNumberOfFields) {
    std::string form;
    for (int i = 0; i < 300; ++i)
        form += "a" + std::to_string(i) + "=1&";
    EXPECT_EQ(parse_form(form).problems.size(), 1U);
    std::string deep = "a";
    for (int i = 0; i < 100; ++i)
        deep += ".a";
    EXPECT_EQ(parse_form(deep + "=1").problems.size(), 1U);
}

// What is stored is read by parsers that go 32 levels deep, and shown within lists.
TEST(Body, BoundsItsDepth) {
    const auto nested = [](int levels) {
        return std::string(static_cast<std::size_t>(levels), '[') +
               std::string(static_cast<std::size_t>(levels), ']');
    };
    EXPECT_TRUE(parse_json(nested(24)).problems.empty());
    EXPECT_FALSE(parse_json(nested(25)).problems.empty());
    EXPECT_TRUE(parse_form("a.a.a.a.a.a.a.a=1").problems.empty());
    EXPECT_FALSE(parse_form("a.a.a.a.a.a.a.a.a=1").problems.empty());
    // A text that goes too deep stays a text.
    EXPECT_TRUE(
        read(kForm, "name=a&customFields={\"a\":" + nested(15) + "}", kThng).problems.empty());
    EXPECT_FALSE(
        read(kForm, "name=a&customFields={\"a\":" + nested(16) + "}", kThng).problems.empty());
}

TEST(Yaml, SaysWhatTheJsonSays) {
    EXPECT_EQ(to_yaml(R"({"a":1,"b":["x","true"],"c":{"d":null},"e":"l1\nl2","f":1.5,"g":false})"),
              "\"a\": 1\n\"b\":\n  - \"x\"\n  - \"true\"\n\"c\":\n  \"d\": ~\n"
              "\"e\": \"l1\\nl2\"\n\"f\": 1.5E0\n\"g\": false\n");
    EXPECT_EQ(to_yaml("[]"), "[]\n");
}

}  // namespace
}  // namespace redirector::api
