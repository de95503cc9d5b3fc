// Random rules and contexts from small pools, so that tests agree and differ about equally often.
// The same seed gives the same case on every machine.
#pragma once

#include "rules/compile.hpp"
#include "rules/value.hpp"

#include <cstdint>
#include <random>
#include <string>
#include <string_view>
#include <vector>

namespace rules::testing {

/// How a set of rules is shaped; each exercises another part of the index.
enum class Shape {
    mixed,      ///< every operator and type, nested
    narrow,     ///< the same, but several at a time, so that few match
    catalogue,  ///< a rare identifier each, and a common field or two
    dense,      ///< common tags, countries and ranges
};

class RandomRules {
  public:
    explicit RandomRules(std::uint64_t seed) : random_(seed) {}

    std::vector<RuleSource> rules(Shape shape, int count);
    Facts facts();

    int below(int limit) { return static_cast<int>(random_() % static_cast<unsigned>(limit)); }
    bool one_in(int n) { return below(n) == 0; }

  private:
    std::string expression(int depth);
    std::string predicate();
    std::string text_predicate(std::string_view field, std::string_view prefix, int values);
    std::string number_predicate(std::string_view field, int low, int high);
    std::string dynamic_predicate(std::string_view field);
    std::string match(Shape shape);
    std::string catalogue_match();
    std::string dense_match();
    std::string country_list();
    Value dynamic_value();

    std::mt19937_64 random_;
};

}  // namespace rules::testing
