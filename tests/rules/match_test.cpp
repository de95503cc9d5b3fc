// The meaning of filters: each type, operator and kind of value. Every case is asked of the engine
// and of the interpreter.
#include "rules/dry_run.hpp"
#include "rules/interpret.hpp"
#include "rules/parse.hpp"
#include "rules/text.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <unordered_map>
#include <utility>

namespace rules {
namespace {

using Truth = boost::system::result<bool, Problem>;

// What the interpreter says of the same filter; the engine must have accepted it.
bool interpreted(const std::string& match, const Facts& facts) {
    Constants constants;
    for (const auto& [name, value] : facts) {
        if (name.starts_with(kConstants)) {
            constants[name.substr(kConstants.size())] = std::get<std::string>(value);
        }
    }
    std::vector<Problem> problems;
    const auto filter = parse(match);
    return matches(check(*filter, {constants, Level::application, 0}, problems), facts);
}

// "true", "false", or the kind of the error.
std::string verdict(const std::string& match, const Facts& facts) {
    const Truth truth = evaluate_match(match, facts);
    if (truth.has_error()) return std::string(to_string(truth.error().kind));
    EXPECT_EQ(*truth, interpreted(match, facts)) << match;
    return *truth ? "true" : "false";
}

void expect_true(const std::string& match, const Facts& facts) {
    EXPECT_EQ(verdict(match, facts), "true") << match;
}
void expect_false(const std::string& match, const Facts& facts) {
    EXPECT_EQ(verdict(match, facts), "false") << match;
}

TEST(Match, ReferenceExampleHolds) {
    const std::string match = "product.identifiers.upc=12345&dayOfWeek=sun&thng.name=examp*";
    const Facts facts = {
        {"product.identifiers.upc", "12345"}, {"dayOfWeek", "sun"}, {"thng.name", "example"}};
    expect_true(match, facts);
    Facts monday = facts;
    monday["dayOfWeek"] = "mon";
    expect_false(match, monday);
    expect_true("thng.tags=Offer", {{"thng.tags", ValueList{"Sale", "Offer"}}});
}

TEST(Match, EmptyFilterIsAlwaysTrue) {
    expect_true("", {});
    expect_true("  \t ", {});
}

TEST(Match, TextIsComparedByBytes) {
    expect_true("thng.name=Schuh Größe 42", {{"thng.name", "Schuh Größe 42"}});
    expect_false("thng.name=shoe", {{"thng.name", "Shoe"}});
    expect_false("thng.name=shoe", {{"thng.name", "shoes"}});
    expect_false("thng.name=shoe", {{"thng.name", ""}});
    expect_true("timezone=Europe/Berlin", {{"timezone", "Europe/Berlin"}});
    expect_false("thng.name=5", {{"thng.name", 5}});
}

TEST(Match, LongTextsDifferInEveryByte) {
    for (std::size_t size = 1; size < 40; ++size) {
        const std::string text(size, 'x');
        expect_true("thng.name=" + text, {{"thng.name", text}});
        expect_true("country=" + text, {{"country", std::string(size, 'X')}});
        for (std::size_t at = 0; at < size; ++at) {
            std::string other = text;
            other[at] = 'y';
            expect_false("thng.name=" + text, {{"thng.name", other}});
            expect_false("country=" + text, {{"country", other}});
            expect_false("country=" + text + "*", {{"country", other + "tail"}});
        }
    }
}

// Two texts of different lengths that the program's 32-bit fingerprints cannot tell apart.
std::pair<std::string, std::string> colliding_texts() {
    std::unordered_map<std::uint32_t, std::string> seen;
    for (int i = 0; i < 1'000'000; ++i) {
        const std::string text =
            std::string(static_cast<std::size_t>(i % 30), 'x') + std::to_string(i);
        const auto print = static_cast<std::uint32_t>(text::hash<false>(text.data(), text.size()));
        const auto [other, added] = seen.try_emplace(print, text);
        if (!added && other->second.size() != text.size()) return {other->second, text};
    }
    return {};
}

TEST(Match, TextsWithOneFingerprintStayApart) {
    const auto [left, right] = colliding_texts();
    ASSERT_FALSE(left.empty());
    for (const char* const field : {"thng.name", "country", "query.q"}) {
        const std::string name = field;
        expect_true(name + "=" + left, {{name, left}});
        expect_false(name + "=" + left, {{name, right}});
        expect_false(name + "=" + right, {{name, left}});
        const std::string others = ",b,c,d,e,f,g,h";
        expect_false(name + "=" + left + others, {{name, right}});
        expect_false(name + "=" + right + others, {{name, left}});
    }
}

TEST(Match, CountryAndLocaleFoldCase) {
    expect_true("country=de", {{"country", "DE"}});
    expect_true("country=DE", {{"country", "de"}});
    expect_true("user.locale=EN-gb", {{"user.locale", "en-GB"}});
    expect_true("country=d*", {{"country", "DE"}});
    expect_false("country=Ä", {{"country", "ä"}});
    expect_false("country=[", {{"country", "{"}});
    expect_false("country=@", {{"country", "`"}});
}

TEST(Match, EnumerationsFoldCaseAndRefuseStrangers) {
    expect_true("dayOfWeek=SAT,sun", {{"dayOfWeek", "Sun"}});
    expect_true("user.gender=female", {{"user.gender", "FEMALE"}});
    expect_true("dayOfWeek=s*", {{"dayOfWeek", "sat"}});
    EXPECT_EQ(verdict("dayOfWeek=sunday", {}), "type");
    EXPECT_EQ(verdict("dayOfWeek=x*", {}), "type");
    EXPECT_EQ(verdict("user.gender=other", {}), "type");
}

TEST(Match, NumbersCompareAllWays) {
    const Facts noon = {{"timeOfDay", 43'200'000}};
    expect_true("timeOfDay=43200000", noon);
    expect_true("timeOfDay=4.32e7", noon);
    expect_false("timeOfDay!=43200000", noon);
    expect_true("timeOfDay>=43200000&timeOfDay<=43200000", noon);
    expect_false("timeOfDay>43200000", noon);
    expect_false("timeOfDay<43200000", noon);
    expect_true("timeOfDay>-1&timeOfDay<43200000.5", noon);
    expect_true("month=012,11", {{"month", 12}});
    expect_true("location.lat>51.4&location.lat<51.5", {{"location.lat", 51.45}});
    expect_true("place.distance<=250", {{"place.distance", 250.0}});
    expect_true("user.age>17", {{"user.age", "18"}});
    expect_false("user.age>17", {{"user.age", "eighteen"}});
    expect_false("user.age=*", {{"user.age", true}});
}

TEST(Match, LargeIntegersCompareExactly) {
    const std::int64_t large = 9'007'199'254'740'993;
    expect_true("time=9007199254740993", {{"time", large}});
    expect_false("time=9007199254740992", {{"time", large}});
    expect_true("time>9007199254740992", {{"time", large}});
    expect_true("thng.customFields.n=9007199254740993", {{"thng.customFields.n", large}});
    expect_false("thng.customFields.n=9007199254740992", {{"thng.customFields.n", large}});
}

TEST(Match, TimeAndTimestampAreOneField) {
    expect_true("timestamp=5", {{"time", 5}});
    expect_true("time=5", {{"timestamp", 5}});
}

TEST(Match, NumberFieldsRefuseOtherLiterals) {
    EXPECT_EQ(verdict("timeOfDay>=09:00", {}), "type");
    EXPECT_EQ(verdict("timeOfDay=86400000", {}), "type");
    EXPECT_EQ(verdict("timeOfDay!=-1", {}), "type");
    expect_false("timeOfDay>86400000", {{"timeOfDay", 5}});
    EXPECT_EQ(verdict("dayOfMonth=0", {}), "type");
    EXPECT_EQ(verdict("dayOfMonth=31,32", {}), "type");
    EXPECT_EQ(verdict("month=13", {}), "type");
    EXPECT_EQ(verdict("user.age=12*", {}), "type");
    for (const char* bad :
         {"+1", "0x1", "1.", ".5", "1e", "1e1234", "NaN", "inf", "1 2", "1e999"}) {
        EXPECT_EQ(verdict(std::string("year>") + bad, {}), "type") << bad;
    }
}

TEST(Match, SetsAskForMembership) {
    const Facts facts = {{"thng.tags", ValueList{"red", "Sale 2024"}}};
    expect_true("thng.tags=red", facts);
    expect_true("thng.tags=blue,Sale 2024", facts);
    expect_true("thng.tags=Sal*", facts);
    expect_false("thng.tags=sale*", facts);
    expect_false("thng.tags!=red", facts);
    expect_true("thng.tags!=blue", facts);
    expect_false("thng.tags!=blue,red", facts);
    expect_true("thng.tags=red&thng.tags!=blue", facts);
    expect_true("place.tags=one", {{"place.tags", "one"}});
}

TEST(Match, OrderingNeedsNumbers) {
    for (const char* field : {"thng.name", "country", "dayOfWeek", "thng.tags", "bot"}) {
        EXPECT_EQ(verdict(std::string(field) + ">1", {}), "type") << field;
    }
    EXPECT_EQ(verdict("thng.customFields.size>large", {}), "type");
}

TEST(Match, MissingIsNeverEqualAndAlwaysUnequal) {
    for (const Value& missing : {Value(), Value(ValueList{})}) {
        const Facts facts = {{"country", missing},
                             {"user.age", missing},
                             {"thng.tags", missing},
                             {"thng.customFields.k", missing}};
        for (const char* field : {"country", "user.age", "thng.tags", "thng.customFields.k"}) {
            const std::string name = field;
            expect_false(name + "=1", facts);
            expect_true(name + "!=1", facts);
            expect_false(name + "=*", facts);
        }
        for (const char* op : {">", ">=", "<", "<="}) {
            expect_false(std::string("user.age") + op + "1", facts);
            expect_false(std::string("thng.customFields.k") + op + "1", facts);
        }
    }
    expect_true("country=*&country!=US", {{"country", "DE"}});
    expect_false("country=*&country!=US", {});
}

TEST(Match, EmptyTextZeroFalseAndObjectAreValues) {
    for (const Value& value : {Value(""), Value(0), Value(false), Value(Object{})}) {
        expect_true("thng.customFields.k=*", {{"thng.customFields.k", value}});
        expect_true("thng.customFields.k!=1", {{"thng.customFields.k", value}});
    }
}

TEST(Match, DynamicEqualityFollowsTheValue) {
    const auto field = [](const char* literal) {
        return std::string("thng.customFields.k=") + literal;
    };
    const auto value = [](Value v) { return Facts{{"thng.customFields.k", std::move(v)}}; };
    expect_false(field("12345"), value("012345"));
    expect_true(field("012345"), value("012345"));
    expect_true(field("012345"), value(12345));
    expect_true(field("42"), value(42.0));
    expect_true(field("42.0"), value(42));
    expect_true(field("4.2e1"), value(42));
    expect_false(field("42"), value(42.5));
    expect_true(field("42.5"), value(42.5));
    expect_true(field("0"), value(-0.0));
    expect_false(field("42.0"), value("42"));
    expect_true(field("true"), value(true));
    expect_false(field("true"), value(false));
    expect_false(field("TRUE"), value(true));
    expect_true(field("true"), value("true"));
    expect_false(field("1"), value(true));
    expect_false(field("true"), value(Object{}));
    expect_true(field("7"), value(ValueList{Value("x"), Value(7)}));
    expect_true(field("true"), value(ValueList{Value(), Value(true)}));
    expect_false(field("7"), value(ValueList{Value(ValueList{Value(7)}), Value(Object{})}));
}

TEST(Match, DynamicPrefixIsForTexts) {
    expect_true("query.q=ab*", {{"query.q", "abc"}});
    expect_false("query.q=12*", {{"query.q", 123}});
    expect_false("query.q=tr*", {{"query.q", true}});
    expect_true("query.q=ab*", {{"query.q", ValueList{Value(1), Value("abc")}}});
}

TEST(Match, DynamicOrderingTakesNumbersAndNumericText) {
    expect_true("thng.customFields.k>41", {{"thng.customFields.k", 42}});
    expect_true("thng.customFields.k>41", {{"thng.customFields.k", "42"}});
    expect_true("thng.customFields.k<=42.5", {{"thng.customFields.k", "042.50"}});
    for (const Value& value : {Value("x42"), Value("42 "), Value(""), Value(true), Value(Object{}),
                               Value(ValueList{Value(42)})}) {
        expect_false("thng.customFields.k>41", {{"thng.customFields.k", value}});
        expect_false("thng.customFields.k<=41", {{"thng.customFields.k", value}});
    }
}

TEST(Match, LongListsMeanTheSameAsShortOnes) {
    std::string list = "thng.customFields.k=007,true,9.5";
    for (int i = 100; i < 300; ++i)
        list += ',' + std::to_string(i);
    for (const Value& in : {Value("007"), Value(7), Value(true), Value(9.5), Value("9.5"),
                            Value(299), Value("100"), Value(ValueList{Value(0), Value(150)})}) {
        expect_true(list, {{"thng.customFields.k", in}});
    }
    for (const Value& out : {Value("7"), Value(8), Value(false), Value(300), Value("99"), Value(),
                             Value(ValueList{Value(0), Value("0150")})}) {
        expect_false(list, {{"thng.customFields.k", out}});
    }
    std::string countries = "country!=AT,BE,CH,DE,DK,ES,FI,FR,GB";
    expect_false(countries, {{"country", "de"}});
    expect_true(countries, {{"country", "US"}});
    expect_true("thng.name=a,b,c,d,e,f,g,h,pre*", {{"thng.name", "prefix"}});
}

TEST(Match, KeysKeepTheirDotsAndCase) {
    expect_true("thng.identifiers.gs1:01=*", {{"thng.identifiers.gs1:01", "1"}});
    expect_true("thng.customFields.a.b.c=1", {{"thng.customFields.a.b.c", 1}});
    expect_true("thng.customFields.with\\=sign=1", {{"thng.customFields.with=sign", 1}});
    expect_false("thng.customFields.A=1", {{"thng.customFields.a", 1}});
    EXPECT_EQ(verdict("THNG.name=x", {}), "unknown-field");
}

TEST(Match, AndBindsTighterThanOr) {
    const Facts facts = {{"country", "DE"}, {"month", 5}};
    expect_true("country=DE|country=FR&month=6", facts);
    expect_false("(country=DE|country=FR)&month=6", facts);
    expect_true("( country = DE | country = FR ) & month = 5", facts);
    expect_true("month=6&country=FR|month=5", facts);
    expect_true("((((country=DE))))", facts);
}

TEST(Match, WindowOverMidnight) {
    const std::string night = "timeOfDay>=79200000|timeOfDay<21600000";
    expect_true(night, {{"timeOfDay", 82'800'000}});
    expect_true(night, {{"timeOfDay", 3'600'000}});
    expect_false(night, {{"timeOfDay", 43'200'000}});
}

TEST(Match, ConstantsAreTexts) {
    const Facts facts = {{"constants.some", "value"}, {"constants.n", "10"}};
    expect_true("constants.some=value", facts);
    expect_true("constants.some=val*&constants.n>9", facts);
    expect_false("constants.some!=value", facts);
    EXPECT_EQ(verdict("constants.other=1", facts), "unknown-field");
}

TEST(Match, EachFieldOfTheVocabularyIsThere) {
    for (const Field& field : fields()) {
        const std::string name = std::string(field.name) + (field.open ? "key" : "");
        const Value value = field.type == Type::number ? Value(5)
                            : field.type == Type::set  ? Value(ValueList{"a"})
                            : field.values.empty()     ? Value("a")
                                                       : Value(std::string(field.values.front()));
        expect_true(name + "=*", {{name, value}});
        if (field.name != kConstants) expect_false(name + "=*", {});
    }
}

TEST(Match, FieldsBeyondTheReference) {
    expect_true("device.type=PHONE&device.os=ios&browser=safari",
                {{"device.type", "phone"}, {"device.os", "iOS"}, {"browser", "Safari"}});
    expect_true("language=de*", {{"language", "de-CH"}});
    expect_true("query.utm_source=mail", {{"query.utm_source", "mail"}});
    expect_true("referer=https://example.com/*", {{"referer", "https://example.com/x"}});
    expect_true("bot=true", {{"bot", true}});
    expect_true("bot=false&random<50", {{"bot", "false"}, {"random", 12.25}});
    EXPECT_EQ(verdict("bot=yes", {}), "type");
}

TEST(Match, UnknownNamesAreErrorsAlone) {
    for (const char* match : {"name=ExampleThng", "foo=1", "thng.customFields=1",
                              "thng.customFields.=1", "propertyChangeNew.x=*", "constants.=1"}) {
        EXPECT_EQ(verdict(match, {}), "unknown-field") << match;
    }
    EXPECT_EQ(verdict("name=x&month=13", {}), "type") << "types come before unknown names";
    EXPECT_EQ(verdict("month=13&", {}), "syntax") << "syntax comes before types";
}

}  // namespace
}  // namespace rules
