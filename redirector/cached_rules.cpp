#include "redirector/cached_rules.hpp"

#include "redirector/api/redirector.hpp"
#include "rules/compile.hpp"

#include <array>

namespace redirector {
namespace {

struct SourceOf {
    std::string_view field;  // ending in '.': a group, and what follows is the key
    Source source;
};

constexpr auto kSources = std::to_array<SourceOf>({
    {"action.type", Source::action_type},
    {"action.customFields.", Source::action_field},
    {"referer", Source::referer},
    {"language", Source::language},
    {"query.", Source::query},
    {"random", Source::random},
    {"country", Source::country},
    {"location.lat", Source::latitude},
    {"location.lon", Source::longitude},
    {"timezone", Source::timezone},
    {"time", Source::time},
    {"timeOfDay", Source::time_of_day},
    {"dayOfWeek", Source::day_of_week},
    {"dayOfMonth", Source::day_of_month},
    {"month", Source::month},
    {"year", Source::year},
    {"device.type", Source::device_type},
    {"device.os", Source::device_os},
    {"browser", Source::browser},
    {"bot", Source::bot},
    {"thng.", Source::thng},
    {"product.", Source::product},
    {"project.", Source::project},
    {"application.", Source::application},
    {"user.", Source::user},
    {"place.", Source::place},
});

PlannedField plan_of(rules::Slot slot, std::string_view name) {
    for (const SourceOf& known : kSources) {
        const bool group = known.field.ends_with('.');
        if (group ? name.starts_with(known.field) : name == known.field) {
            return {slot, known.source, std::string(name.substr(known.field.size()))};
        }
    }
    return {slot, Source::none, ""};
}

}  // namespace

CachedRules::CachedRules(std::shared_ptr<const rules::Ruleset> ruleset, bool broken)
    : ruleset_(std::move(ruleset)), broken_(broken) {
    const auto fields = ruleset_->fields();
    for (std::size_t slot = 0; slot < fields.size(); ++slot) {
        PlannedField planned = plan_of(static_cast<rules::Slot>(slot), fields[slot].name);
        if (fields[slot].field->tier == rules::Tier::costly) {
            costly_.push_back(std::move(planned));
        } else if (planned.source != Source::none) {
            plan_.push_back(std::move(planned));
        }
    }
}

std::size_t CachedRules::bytes() const noexcept {
    return sizeof(*this) + ruleset_->memory_bytes() +
           (plan_.capacity() + costly_.capacity()) * sizeof(PlannedField);
}

store::EntryPtr decode_rules(std::string_view document, rules::Level level, std::string& problem) {
    rules::CompileOptions options;
    options.level = level;
    auto sources = api::rules_of(document);
    if (!sources) problem = "not a document with rules";
    auto compiled = rules::compile(sources.value_or(std::vector<rules::RuleSource>()), options);
    if (!compiled) {
        problem = rules::to_string(compiled.error().problems.front());
        compiled = rules::compile({}, options);
    }
    return store::EntryPtr(new CachedRules(compiled->ruleset, !problem.empty()));
}

}  // namespace redirector
