#include "rules/problem.hpp"

#include <algorithm>
#include <tuple>

namespace rules {

namespace {

int class_of(ProblemKind kind) {
    switch (kind) {
        case ProblemKind::type:
            return 1;
        case ProblemKind::unknown_field:
        case ProblemKind::dot_segment:
            return 2;
        case ProblemKind::unreachable:
        case ProblemKind::always_empty:
            return 3;
        default:
            return 0;
    }
}

}  // namespace

std::string_view to_string(ProblemKind kind) {
    switch (kind) {
        case ProblemKind::syntax:
            return "syntax";
        case ProblemKind::limit:
            return "limit";
        case ProblemKind::scheme:
            return "scheme";
        case ProblemKind::loop:
            return "loop";
        case ProblemKind::incomplete:
            return "incomplete";
        case ProblemKind::misplaced:
            return "misplaced";
        case ProblemKind::type:
            return "type";
        case ProblemKind::unknown_field:
            return "unknown-field";
        case ProblemKind::dot_segment:
            return "dot-segment";
        case ProblemKind::unreachable:
            return "unreachable";
        case ProblemKind::always_empty:
            return "always-empty";
    }
    return {};
}

std::string_view to_string(Member member) {
    switch (member) {
        case Member::document:
            return "rules";
        case Member::rule:
            return "rule";
        case Member::match:
            return "match";
        case Member::redirect_url:
            return "redirectUrl";
        case Member::delegates:
            return "delegates";
        case Member::constants:
            return "constants";
        case Member::name:
            return "name";
    }
    return {};
}

std::string to_string(const Problem& problem) {
    std::string line;
    if (problem.member != Member::document) line += "rule " + std::to_string(problem.rule);
    if (problem.member != Member::rule) {
        if (!line.empty()) line += ", ";
        line.append(to_string(problem.member)).append(", at ");
        line += std::to_string(problem.offset);
    }
    line += ": " + problem.message;
    if (!problem.hint.empty()) line += " (" + problem.hint + ")";
    return line;
}

void sort_by_class(std::vector<Problem>& problems) {
    std::stable_sort(
        problems.begin(), problems.end(), [](const Problem& left, const Problem& right) {
            return std::tuple(class_of(left.kind), left.rule, left.member, left.offset) <
                   std::tuple(class_of(right.kind), right.rule, right.member, right.offset);
        });
}

}  // namespace rules
