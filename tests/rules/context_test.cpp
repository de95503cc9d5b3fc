// Context: each setter fits its value to the field's type, as the interpreter's `fit` does.
#include "rules/context.hpp"

#include "rules/interpret.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <vector>

namespace rules {
namespace {

constexpr Slot kText = 0;
constexpr Slot kFolded = 1;
constexpr Slot kEnumeration = 2;
constexpr Slot kNumber = 3;
constexpr Slot kSet = 4;
constexpr Slot kDynamic = 5;
constexpr Slot kCostly = 6;

std::vector<FieldUse> all_types() {
    std::vector<FieldUse> uses;
    for (const char* name :
         {"thng.name", "country", "bot", "month", "thng.tags", "query.q", "place.distance"}) {
        uses.push_back({name, find_field(name)->field, true, false});
    }
    return uses;
}

// The kind of cell that a fitted value should become.
Cell::Kind kind_of(const Value& value) {
    if (is_missing(value)) return Cell::Kind::missing;
    if (std::holds_alternative<std::string>(value)) return Cell::Kind::text;
    if (std::holds_alternative<bool>(value)) return Cell::Kind::boolean;
    if (std::holds_alternative<std::int64_t>(value)) return Cell::Kind::integer;
    if (std::holds_alternative<double>(value)) return Cell::Kind::real;
    if (std::holds_alternative<ValueList>(value)) return Cell::Kind::list;
    return Cell::Kind::object;
}

TEST(Context, FitsEveryValueToEveryType) {
    const auto uses = all_types();
    const Value values[] = {Value(),
                            Value("7"),
                            Value("x"),
                            Value(""),
                            Value(true),
                            Value(7),
                            Value(7.5),
                            Value(std::nan("")),
                            Value(ValueList{}),
                            Value(ValueList{"a", "b"}),
                            Value(Object{})};
    Context context;
    context.begin(uses);
    for (std::size_t slot = 0; slot < uses.size(); ++slot) {
        for (const Value& value : values) {
            context.set(static_cast<Slot>(slot), value);
            EXPECT_EQ(context.cell(static_cast<Slot>(slot)).kind,
                      kind_of(fit(*uses[slot].field, value)))
                << uses[slot].name << " given value " << value.index();
        }
    }
}

TEST(Context, SettersAgreeWithSet) {
    const auto uses = all_types();
    Context context;
    context.begin(uses);
    context.set_boolean(kEnumeration, true);
    EXPECT_EQ(context.cell(kEnumeration).view(), "true");
    context.set_text(kNumber, "12");
    EXPECT_EQ(context.cell(kNumber).integer, 12);
    context.set_text(kNumber, "twelve");
    EXPECT_EQ(context.cell(kNumber).kind, Cell::Kind::missing);
    context.set_integer(kText, 1);
    EXPECT_EQ(context.cell(kText).kind, Cell::Kind::missing);
    context.set_boolean(kSet, true);
    EXPECT_EQ(context.cell(kSet).kind, Cell::Kind::missing);
    context.set_object(kDynamic);
    EXPECT_EQ(context.cell(kDynamic).kind, Cell::Kind::object);
    context.set_object(kText);
    EXPECT_EQ(context.cell(kText).kind, Cell::Kind::missing);
    context.set_texts(kText, {});
    EXPECT_EQ(context.cell(kText).kind, Cell::Kind::missing);
}

TEST(Context, FoldedTextsHashAlike) {
    const auto uses = all_types();
    Context context;
    context.begin(uses);
    const auto hash = [&](Slot slot, std::string_view text) {
        context.set_text(slot, text);
        return context.cell(slot).hash;
    };
    EXPECT_EQ(hash(kFolded, "de"), hash(kFolded, "DE"));
    EXPECT_EQ(hash(kFolded, "Long-Locale_NAME@with[brackets]"),
              hash(kFolded, "long-locale_name@with[brackets]"));
    EXPECT_NE(hash(kText, "de"), hash(kText, "DE"));
    EXPECT_EQ(hash(kText, "de"), hash(kFolded, "DE"));
}

TEST(Context, NumbersOfOneValueHashAlike) {
    const auto uses = all_types();
    Context context;
    context.begin(uses);
    context.set_integer(kDynamic, 42);
    const std::uint64_t integer = context.cell(kDynamic).hash;
    context.set_real(kDynamic, 42.0);
    EXPECT_EQ(context.cell(kDynamic).hash, integer);
    context.set_text(kDynamic, "42");
    EXPECT_NE(context.cell(kDynamic).hash, integer);
}

TEST(Context, BeginForgetsAndMarksCostlySlotsPending) {
    const auto uses = all_types();
    Context context;
    context.begin(uses);
    const std::string_view tags[] = {"a", "b"};
    context.set_texts(kSet, tags);
    ASSERT_EQ(context.items(context.cell(kSet)).size(), 2U);
    EXPECT_EQ(context.items(context.cell(kSet))[1].view(), "b");
    context.set_real(kCostly, 5);
    context.begin(uses);
    EXPECT_EQ(context.cell(kSet).kind, Cell::Kind::missing);
    EXPECT_EQ(context.cell(kCostly).kind, Cell::Kind::pending);
    EXPECT_TRUE(context.touched().empty());
}

TEST(Context, FieldsForTemplatesAloneAreNotHashed) {
    std::vector<FieldUse> uses = all_types();
    uses[kText].in_match = false;
    Context context;
    context.begin(uses);
    context.set_text(kText, "name");
    EXPECT_EQ(context.cell(kText).hash, 0U);
    EXPECT_EQ(context.cell(kText).view(), "name");
}

TEST(Context, TellsItsValuesByName) {
    const Facts given{{"thng.name", "one"},
                      {"thng.tags", ValueList{"a", "b"}},
                      {"query.a", ValueList{1, true}},
                      {"query.b", 1.5},
                      {"query.c", Object{}},
                      {"country", "de"},
                      {"user.age", 30}};
    std::vector<FieldUse> uses;
    for (const auto& [name, value] : given) {
        uses.push_back({name, find_field(name)->field, true, false});
    }
    uses.push_back({"query.d", find_field("query.d")->field, true, false});
    uses.push_back({"place.distance", find_field("place.distance")->field, true, false});
    Context context;
    context.begin(uses);
    for (std::size_t slot = 0; slot < given.size(); ++slot)
        context.set(static_cast<Slot>(slot), given.at(std::string(uses[slot].name)));
    EXPECT_EQ(context.facts(), given);  // what is missing or pending is left out
}

}  // namespace
}  // namespace rules
