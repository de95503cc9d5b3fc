// The filter as written: a tree of `&` and `|` over predicates, with byte positions.
#pragma once

#include "rules/vocabulary.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace rules {

/// One value of a predicate's list, escapes resolved.
struct Operand {
    std::string text;
    bool wildcard = false;  ///< a "*" follows: `text` is a prefix, or presence when it is empty
    std::uint32_t offset = 0;
};

struct Predicate {
    std::string field;  ///< as written, escapes resolved, not yet looked up
    Op op = Op::eq;
    std::vector<Operand> operands;  ///< at least one; more than one only with = and !=
    std::uint32_t begin = 0;        ///< where the field starts
    std::uint32_t op_offset = 0;
    std::uint32_t end = 0;  ///< one past the last value
};

struct Node {
    enum class Kind : std::uint8_t { predicate, all, any };

    Kind kind = Kind::predicate;
    std::uint32_t predicate = 0;  ///< index into Filter::predicates
    std::vector<Node> children;   ///< of `all` and `any`: two or more
};

struct Filter {
    std::vector<Predicate> predicates;  ///< in the order of the text
    std::optional<Node> root;           ///< nothing: an empty filter, always true
};

}  // namespace rules
