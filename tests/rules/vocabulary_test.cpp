#include "rules/vocabulary.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <set>
#include <string>
#include <vector>

namespace rules {
namespace {

std::string suggest(std::string_view name, std::vector<std::string_view> constants = {}) {
    return suggest_field(name, constants);
}

TEST(Vocabulary, NamesAreUniqueAndGroupsEndInADot) {
    std::set<std::string_view> names;
    for (const Field& field : fields()) {
        EXPECT_TRUE(names.insert(field.name).second) << field.name;
        EXPECT_EQ(field.open, field.name.ends_with('.')) << field.name;
        EXPECT_EQ(field.type == Type::enumeration, !field.values.empty()) << field.name;
    }
}

TEST(Vocabulary, OperatorsAreFoundByTheirCode) {
    for (const Operator& op : operators())
        EXPECT_EQ(operator_of(op.op).text, op.text);
}

TEST(Vocabulary, ReferenceFieldsAreMarkedApartFromOurs) {
    for (const char* name : {"thng.id", "user.locale", "place.distance", "timezone", "country"}) {
        EXPECT_FALSE(find_field(name)->field->ours) << name;
    }
    for (const char* name : {"device.type", "device.os", "browser", "language", "query.x",
                             "referer", "bot", "random"}) {
        EXPECT_TRUE(find_field(name)->field->ours) << name;
    }
}

TEST(Vocabulary, EveryFieldIsInTheReadme) {
    std::ifstream file(RULES_README);
    const std::string readme{std::istreambuf_iterator<char>(file), {}};
    ASSERT_FALSE(readme.empty());
    for (const Field& field : fields()) {
        const std::string cell = "`" + std::string(field.name) + (field.open ? "K`" : "`");
        const bool marked = readme.find(cell + "¹") != std::string::npos;
        EXPECT_NE(readme.find(cell), std::string::npos) << cell;
        EXPECT_EQ(marked, field.ours) << cell;
    }
}

TEST(Vocabulary, AliasesAndKeysResolve) {
    EXPECT_EQ(find_field("timestamp")->name, "time");
    EXPECT_EQ(find_field("timeOfDay")->field->type, Type::number);
    EXPECT_EQ(find_field("thng.customFields.a.b")->key, "a.b");
    EXPECT_FALSE(find_field("thng.customFields.").has_value());
    EXPECT_FALSE(find_field("thng.names").has_value());
    EXPECT_FALSE(find_field("").has_value());
}

TEST(Vocabulary, SuggestsWhatWasMeant) {
    EXPECT_EQ(suggest("thng.tag"), "did you mean thng.tags?");
    EXPECT_EQ(suggest("thng.customfields.Size"), "did you mean thng.customFields.Size?");
    EXPECT_EQ(suggest("product.identifier.upc"), "did you mean product.identifiers.upc?");
    EXPECT_EQ(suggest("name"), "did you mean thng.name or product.name?");
    EXPECT_EQ(suggest("contry"), "did you mean country?");
    EXPECT_EQ(suggest("dayofweek"), "did you mean dayOfWeek?");
    EXPECT_EQ(suggest("constants.brnad", {"brand"}), "did you mean constants.brand?");
    EXPECT_EQ(suggest("brand", {"brand"}), "did you mean constants.brand?");
    EXPECT_EQ(suggest("thng.customFields"), "a key must follow, as in thng.customFields.<key>");
    EXPECT_EQ(suggest("propertyChangeNew.x"), "only Reactor scripts know property changes");
    EXPECT_EQ(suggest("weather"), "");
    EXPECT_EQ(suggest("x"), "");
}

}  // namespace
}  // namespace rules
