#include "redirector/api/filter.hpp"

#include "redirector/api/tables.hpp"

#include <boost/json.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace redirector::api {
namespace {

namespace json = boost::json;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

const json::object& thng() {
    static const json::object document =
        json::parse(
            R"json({"id":"U1","createdAt":1500,"name":"Red box (new)","tags":["red","new"],)json"
            R"json("identifiers":{"ean":"40"},"product":"Up","collections":["Uc"],)json"
            R"json("scopes":{"users":["all"],"projects":["Ua"]}})json")
            .as_object();
    return document;
}

Filter parsed(std::string_view text) {
    Filter filter(kThng);
    EXPECT_THAT(filter.parse(text), IsEmpty()) << text;
    return filter;
}

TEST(Filter, ComparesEveryKindOfField) {
    const struct {
        const char* text;
        bool matches;
    } cases[] = {
        {"", true},
        {"name=Red box \\(new\\)", true},
        {"name=red box \\(new\\)", false},
        {"name=Red%20box%20\\(new\\)", true},  // as the SDK sends object filters
        {"name=Red*", true},
        {"name=*", true},
        {"name~BOX", true},
        {"name~bag", false},
        {"name!=x", true},
        {"tags=red", true},
        {"tags=blue,new", true},
        {"tags!=red", false},
        {"tags~re", true},
        {"identifiers.ean=40", true},
        {"identifiers.ean=41", false},
        {"identifiers.gtin=*", false},
        {"product=Up&collections=Uc", true},
        {"product=Ux|tags=red", true},
        {"(product=Ux|tags=blue)&name=*", false},
        {"createdAt>1499&createdAt<1501", true},
        {"createdAt>1500", false},
        {"createdAt>=1500", true},
        {"createdAt=1500", true},
    };
    for (const auto& expected : cases)
        EXPECT_EQ(parsed(expected.text).matches(thng()), expected.matches) << expected.text;
}

TEST(Filter, RefusesWhatItCannotAnswer) {
    const struct {
        const char *text, *word;
    } cases[] = {
        {"colour=red", "\"colour\""},  {"description=x", "known are"},
        {"name", "operator"},          {"name=", "value"},
        {"name=a=b", "\\="},           {"name>x", "no order"},
        {"createdAt=soon", "numbers"}, {"createdAt~1", "number"},
        {"createdAt=15*", "numbers"},  {"identifiers=x", "identifiers"},
        {"tags.x=1", "tags.x"},        {"name=a~b", "="},
        {"&", "field name"},           {"(name=a", "never closed"},
    };
    for (const auto& expected : cases) {
        Filter filter(kThng);
        const Problems problems = filter.parse(expected.text);
        ASSERT_EQ(problems.size(), 1U) << expected.text;
        EXPECT_EQ(problems[0].field, "filter");
        EXPECT_EQ(problems[0].code, Code::invalid_parameter);
        EXPECT_THAT(problems[0].message, HasSubstr(expected.word));
    }
}

TEST(Filter, NamesTheIndexesThatHoldItsMatches) {
    EXPECT_THAT(parsed("").indexes(), IsEmpty());
    EXPECT_THAT(parsed("tags=red").indexes(), ElementsAre("thng.tags=red"));
    EXPECT_THAT(parsed("tags=a,b").indexes(), ElementsAre("thng.tags=a", "thng.tags=b"));
    EXPECT_THAT(parsed("tags=a,b&product=U").indexes(), ElementsAre("thng.product=U"));
    EXPECT_THAT(parsed("tags=a|name=b").indexes(), ElementsAre("thng.tags=a", "thng.name=b"));
    EXPECT_THAT(parsed("tags=a|name=b*").indexes(), IsEmpty());
    EXPECT_THAT(parsed("tags~a").indexes(), IsEmpty());
    EXPECT_THAT(parsed("tags!=a").indexes(), IsEmpty());
    EXPECT_THAT(parsed("createdAt=5").indexes(), IsEmpty());
}

TEST(Filter, KnowsWhetherItsIndexIsAllItNeeds) {
    EXPECT_TRUE(parsed("").exact());
    EXPECT_TRUE(parsed("tags=red").exact());
    EXPECT_FALSE(parsed("tags=red&name=x").exact());
    EXPECT_FALSE(parsed("tags=a,b").exact());
    EXPECT_FALSE(parsed("name=a*").exact());
}

TEST(Filter, BoundsTheTimeOfCreation) {
    const Filter::Span span = parsed("createdAt>10&createdAt<=20&name=x").span_of("createdAt");
    EXPECT_EQ(span.first, 10);
    EXPECT_EQ(span.last, 20);
    const Filter::Span either = parsed("createdAt>10|createdAt<5").span_of("createdAt");
    EXPECT_EQ(either.first, 0);
    EXPECT_EQ(either.last, INT64_MAX);
    EXPECT_EQ(parsed("createdAt>10").span_of("timestamp").first, 0);
}

TEST(Filter, NamesEveryIndexThatHoldsAllThatMatches) {
    EXPECT_THAT(parsed("tags=a&createdAt>5&name=b,c").alternatives(),
                ElementsAre(ElementsAre("thng.tags=a"), ElementsAre("thng.name=b", "thng.name=c")));
    EXPECT_THAT(parsed("tags=a|name=b").alternatives(),
                ElementsAre(ElementsAre("thng.tags=a", "thng.name=b")));
    EXPECT_THAT(parsed("tags=a|createdAt>5").alternatives(), IsEmpty());
    EXPECT_THAT(parsed("").alternatives(), IsEmpty());
}

TEST(Filter, LooksIntoDocumentsWithin) {
    Filter filter(kAction);
    EXPECT_THAT(filter.parse("context.city=Bern&thng=x"), IsEmpty());
    EXPECT_TRUE(filter.matches({{"thng", "x"}, {"context", json::object{{"city", "Bern"}}}}));
    EXPECT_FALSE(filter.matches({{"thng", "x"}, {"context", json::object{{"city", "Basel"}}}}));
    EXPECT_FALSE(filter.matches({{"thng", "x"}}));
    EXPECT_THAT(filter.alternatives(), ElementsAre(ElementsAre("action.thng=x")));
    for (const char* wrong : {"context=Bern", "context.=x", "context.userAgent=x", "city=x"}) {
        const Problems problems = Filter(kAction).parse(wrong);
        ASSERT_EQ(problems.size(), 1U) << wrong;
        EXPECT_NE(problems[0].message.find("context.countryCode"), std::string::npos);
    }
}

TEST(Indexes, AreOnePerFilterableValue) {
    EXPECT_THAT(indexes_of(kThng, thng()),
                ElementsAre("thng", "thng.collections=Uc", "thng.identifiers.ean=40",
                            "thng.name=Red box (new)", "thng.product=Up", "thng.scopes.projects=Ua",
                            "thng.tags=new", "thng.tags=red"));
}

TEST(Indexes, HaveBoundedNames) {
    const std::string name(5'000, 'x');
    const std::string index = index_of_value(kThng, "name", name);
    EXPECT_LT(index.size(), 100U);
    EXPECT_NE(index, index_of_value(kThng, "name", name + "y"));
    EXPECT_THAT(parsed("name=" + name.substr(0, 4'000)).indexes().at(0), HasSubstr("#"));
}

}  // namespace
}  // namespace redirector::api
