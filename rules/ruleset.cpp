#include "rules/ruleset.hpp"

#include "rules/evaluate.hpp"

#include <algorithm>

namespace rules {

bool Ruleset::matches_on(Tier tier) const {
    return std::any_of(fields_.begin(), fields_.end(), [tier](const FieldUse& use) {
        return use.in_match && use.field->tier == tier;
    });
}

Decision Ruleset::conclude(std::uint32_t rule) const {
    if (rule == kNoRule) return {};
    return {rules_[rule].outcome, rule, 0};
}

Decision Ruleset::conclude(const Candidate& candidate) const {
    switch (candidate.run.verdict) {
        case Verdict::match:
            return conclude(candidate.rule);
        case Verdict::needs:
            return {Outcome::needs, candidate.rule, candidate.run.needed};
        case Verdict::miss:
            break;
    }
    return conclude(last_);
}

Decision Ruleset::decide_linear(const Context& context) const {
    const auto rules = static_cast<std::uint32_t>(program_.starts.size());
    for (std::uint32_t rule = 0; rule < rules; ++rule) {
        const std::uint32_t start = program_.starts[rule];
        if (start == kNever) continue;
        const Run outcome = run(program_, start, context);
        if (outcome.verdict != Verdict::miss) return conclude(Candidate{rule, outcome});
    }
    return conclude(last_);
}

Decision Ruleset::decide(const Context& context) const {
    if (index_ == nullptr) return decide_linear(context);
    return conclude(index_->first_match(program_, context));
}

std::string_view Ruleset::name(std::uint32_t rule) const {
    return text(details(rule).name);
}

Rendered Ruleset::render(std::uint32_t rule, const Context& context, std::string& out) const {
    const Rule& found = rules_[rule];
    if (found.unknown_name) return Rendered::unknown_name;
    return rules::render({parts_.data() + found.parts, found.part_count}, store_, context, out);
}

std::vector<DelegateView> Ruleset::delegates(std::uint32_t rule) const {
    const Range range = details(rule).delegates;
    std::vector<DelegateView> found;
    for (std::uint32_t i = 0; i < range.size; ++i) {
        const Range* const pair = &words_[range.begin + 2 * i];
        found.push_back({text(pair[0]), text(pair[1])});
    }
    return found;
}

std::vector<std::pair<std::string_view, std::string_view>> Ruleset::constants(
    std::uint32_t rule) const {
    const Range range = details(rule).constants;
    std::vector<std::pair<std::string_view, std::string_view>> found;
    for (std::uint32_t i = 0; i < range.size; ++i) {
        const Range* const pair = &words_[range.begin + 2 * i];
        found.emplace_back(text(pair[0]), text(pair[1]));
    }
    return found;
}

std::span<const Slot> Ruleset::slots(std::uint32_t rule) const {
    return {slots_.data() + rules_[rule].slots, rules_[rule].slot_count};
}

std::size_t Ruleset::memory_bytes() const {
    const auto bytes = [](const auto& vector) {
        return vector.capacity() * sizeof(*vector.data());
    };
    const std::size_t total = sizeof *this + bytes(fields_) + bytes(rules_) + bytes(parts_) +
                              bytes(words_) + bytes(details_) + bytes(slots_) + bytes(store_) +
                              bytes(program_.code) + bytes(program_.starts) +
                              bytes(program_.texts) + bytes(program_.bytes) +
                              bytes(program_.numbers) + bytes(program_.members);
    return total + (index_ != nullptr ? index_->memory_bytes() : 0);
}

std::string Ruleset::to_string() const {
    std::string out;
    for (std::uint32_t rule = 0; rule < program_.starts.size(); ++rule) {
        out += "rule " + std::to_string(rule);
        out += program_.starts[rule] == kNever ? " never\n" : "\n";
        if (program_.starts[rule] != kNever) out += rules::to_string(program_, rule, fields_);
    }
    if (last_ != kNoRule) {
        out += "rule " + std::to_string(last_);
        out += rules_[last_].outcome == Outcome::none ? " stops\n" : " always\n";
    }
    return out;
}

}  // namespace rules
