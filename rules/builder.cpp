#include "rules/builder.hpp"

#include "rules/compile.hpp"
#include "rules/simplify.hpp"

#include <algorithm>
#include <utility>
#include <variant>

namespace rules {

RulesetBuilder::RulesetBuilder()
    : ruleset_(std::make_shared<Ruleset>()), lowering_(ruleset_->program_, slots_) {
    ruleset_->details_.emplace_back();
}

void RulesetBuilder::add(const CheckedRule& rule) {
    const bool reachable = ruleset_->last_ == kNoRule;
    Ruleset::Rule& entry = ruleset_->rules_.emplace_back();
    if (!reachable) return;
    if (rule.filter.poison) {
        entry.outcome = Outcome::none;
        ruleset_->last_ = static_cast<std::uint32_t>(ruleset_->rules_.size() - 1);
        return;
    }
    entry.has_url = !rule.source->redirect_url.empty();
    entry.unknown_name = rule.url.unknown_name;
    entry.outcome = !rule.source->delegates.empty() ? Outcome::delegate
                    : entry.unknown_name            ? Outcome::none
                                                    : Outcome::redirect;
    add_match(rule);
    add_details(entry, rule);
    add_url(entry, rule.url);
    add_slots(entry, rule);
}

void RulesetBuilder::add_match(const CheckedRule& rule) {
    const Simplified simple = simplify(rule.filter);
    if (const Node* root = std::get_if<Node>(&simple)) {
        lowering_.add_rule(rule.filter, *root);
        const auto number = static_cast<std::uint32_t>(ruleset_->rules_.size() - 1);
        append_clauses(clauses_, number, rule.filter, *root, slots_);
    } else if (std::get<bool>(simple)) {
        ruleset_->last_ = static_cast<std::uint32_t>(ruleset_->rules_.size() - 1);
    } else {
        ruleset_->program_.starts.push_back(kNever);
    }
}

Ruleset::Range RulesetBuilder::keep(std::string_view text) {
    const Ruleset::Range range{static_cast<std::uint32_t>(ruleset_->store_.size()),
                               static_cast<std::uint32_t>(text.size())};
    ruleset_->store_ += text;
    return range;
}

void RulesetBuilder::keep_words(std::string_view first, std::string_view second) {
    ruleset_->words_.push_back(keep(first));
    ruleset_->words_.push_back(keep(second));
}

void RulesetBuilder::add_details(Ruleset::Rule& entry, const CheckedRule& rule) {
    const RuleSource& source = *rule.source;
    if (source.name.empty() && source.delegates.empty() && rule.constants.empty()) return;
    entry.details = static_cast<std::uint32_t>(ruleset_->details_.size());
    Ruleset::Details& details = ruleset_->details_.emplace_back();
    details.name = keep(source.name);
    const auto here = [this] { return static_cast<std::uint32_t>(ruleset_->words_.size()); };
    details.delegates = {here(), static_cast<std::uint32_t>(source.delegates.size())};
    for (const Delegate& each : source.delegates)
        keep_words(each.project, each.app);
    details.constants = {here(), static_cast<std::uint32_t>(rule.constants.size())};
    for (const auto& [key, value] : rule.constants)
        keep_words(key, value);
}

void RulesetBuilder::add_url(Ruleset::Rule& entry, const TemplateSyntax& url) {
    entry.parts = static_cast<std::uint32_t>(ruleset_->parts_.size());
    entry.part_count = static_cast<std::uint16_t>(url.parts.size());
    for (const TemplatePart& part : url.parts) {
        StoredPart stored;
        stored.kind = part.kind;
        stored.place = part.place;
        if (part.kind == TemplatePart::Kind::value) {
            stored.slot = slots_.slot(part.name, *part.field);
            slots_.fields()[stored.slot].in_template = true;
        }
        const Ruleset::Range text = keep(part.text);
        stored.begin = text.begin;
        stored.size = text.size;
        ruleset_->parts_.push_back(stored);
    }
}

void RulesetBuilder::add_slots(Ruleset::Rule& entry, const CheckedRule& rule) {
    std::vector<Slot> used;
    for (const Test& test : rule.filter.tests) {
        if (test.constant || test.always_empty) continue;
        if (const auto slot = slots_.find(test.name)) used.push_back(*slot);
    }
    for (const TemplatePart& part : rule.url.parts) {
        if (part.kind != TemplatePart::Kind::value) continue;
        if (const auto slot = slots_.find(part.name)) used.push_back(*slot);
    }
    std::sort(used.begin(), used.end());
    used.erase(std::unique(used.begin(), used.end()), used.end());
    entry.slots = static_cast<std::uint32_t>(ruleset_->slots_.size());
    entry.slot_count = static_cast<std::uint16_t>(used.size());
    ruleset_->slots_.insert(ruleset_->slots_.end(), used.begin(), used.end());
}

// Names of closed fields are the vocabulary's; those of open groups move into the store, whose last
// growth this is: views into it stay.
void RulesetBuilder::keep_fields() {
    ruleset_->fields_ = slots_.fields();
    std::vector<Ruleset::Range> names;
    for (const FieldUse& use : ruleset_->fields_) {
        names.push_back(use.field->open ? keep(use.name) : Ruleset::Range{});
    }
    ruleset_->store_.shrink_to_fit();
    for (std::size_t slot = 0; slot < names.size(); ++slot) {
        FieldUse& use = ruleset_->fields_[slot];
        use.name = use.field->open ? ruleset_->text(names[slot]) : use.field->name;
    }
}

std::shared_ptr<const Ruleset> RulesetBuilder::build() && {
    keep_fields();
    const auto shrink = [](auto&... containers) { (containers.shrink_to_fit(), ...); };
    Program& program = ruleset_->program_;
    shrink(ruleset_->fields_, ruleset_->rules_, ruleset_->parts_, ruleset_->words_);
    shrink(ruleset_->details_);
    shrink(ruleset_->slots_, program.code, program.starts, program.texts);
    shrink(program.bytes, program.numbers, program.members);
    ruleset_->index_ = Index::build(clauses_, program.starts.size());
    return std::move(ruleset_);
}

}  // namespace rules
