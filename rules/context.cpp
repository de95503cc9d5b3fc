#include "rules/context.hpp"

#include "rules/number.hpp"
#include "rules/text.hpp"

#include <cmath>

namespace rules {

namespace {

Cell number_cell(const FieldUse& use, const Number& number) {
    Cell cell;
    cell.kind = number.exact ? Cell::Kind::integer : Cell::Kind::real;
    cell.integer = number.integer;
    cell.real = number.real;
    // Number fields are compared and indexed by value; only dynamic ones go by hash as well.
    if (use.in_match && use.field->type == Type::dynamic) {
        cell.hash = hash_number(number.real);
        cell.bloom = bloom_bit(cell.hash);
    }
    return cell;
}

Cell boolean_cell(bool value) {
    Cell cell;
    cell.kind = Cell::Kind::boolean;
    cell.integer = value ? 1 : 0;
    cell.hash = hash_boolean(value);
    cell.bloom = bloom_bit(cell.hash);
    return cell;
}

}  // namespace

Context::Context() {
    items_.reserve(64);
}

void Context::begin(std::span<const FieldUse> fields) {
    fields_ = fields;
    items_.clear();
    touched_.clear();
    cells_.resize(fields.size());
    touched_.reserve(fields.size());
    for (std::size_t slot = 0; slot < fields.size(); ++slot) {
        cells_[slot] = Cell{};
        if (fields[slot].field->tier != Tier::costly) continue;
        cells_[slot].kind = Cell::Kind::pending;
        cells_[slot].bloom = ~std::uint64_t{0};
    }
}

Cell& Context::open(Slot slot) {
    touched_.push_back(slot);
    return cells_[slot];
}

void Context::set_missing(Slot slot) {
    cells_[slot] = Cell{};
}

Cell Context::text_cell(const FieldUse& use, std::string_view text) const {
    Cell cell;
    cell.kind = Cell::Kind::text;
    cell.data = text.data();
    cell.size = static_cast<std::uint32_t>(text.size());
    if (use.in_match) {
        cell.hash = is_folded(*use.field) ? text::hash<true>(text.data(), text.size())
                                          : text::hash<false>(text.data(), text.size());
        cell.bloom = bloom_bit(cell.hash);
    }
    return cell;
}

void Context::set_text(Slot slot, std::string_view text) {
    const FieldUse& use = fields_[slot];
    switch (use.field->type) {
        case Type::number: {
            const auto number = parse_number(text);
            if (!number) return set_missing(slot);
            open(slot) = number_cell(use, *number);
            break;
        }
        case Type::set:
            set_texts(slot, {&text, 1});
            break;
        default:
            open(slot) = text_cell(use, text);
    }
}

void Context::begin_list(Cell& cell) {
    cell = Cell{};
    cell.kind = Cell::Kind::list;
    cell.integer = static_cast<std::int64_t>(items_.size());
}

void Context::append(Cell& list, const Cell& item) {
    items_.push_back(item);
    list.bloom |= item.bloom;
    ++list.size;
}

void Context::set_texts(Slot slot, std::span<const std::string_view> texts) {
    const FieldUse& use = fields_[slot];
    if (!takes_lists(*use.field) || texts.empty()) return set_missing(slot);
    Cell& list = open(slot);
    begin_list(list);
    for (const std::string_view text : texts)
        append(list, text_cell(use, text));
}

void Context::set_integer(Slot slot, std::int64_t value) {
    const FieldUse& use = fields_[slot];
    if (use.field->type != Type::number && use.field->type != Type::dynamic) {
        return set_missing(slot);
    }
    open(slot) = number_cell(use, integer_number(value));
}

void Context::set_real(Slot slot, double value) {
    const FieldUse& use = fields_[slot];
    const bool takes_numbers = use.field->type == Type::number || use.field->type == Type::dynamic;
    if (!takes_numbers || std::isnan(value)) return set_missing(slot);
    open(slot) = number_cell(use, real_number(value));
}

void Context::set_boolean(Slot slot, bool value) {
    switch (fields_[slot].field->type) {
        case Type::enumeration:
            return set_text(slot, value ? "true" : "false");
        case Type::dynamic:
            open(slot) = boolean_cell(value);
            return;
        default:
            set_missing(slot);
    }
}

void Context::set_object(Slot slot) {
    if (fields_[slot].field->type != Type::dynamic) return set_missing(slot);
    Cell& cell = open(slot);
    cell = Cell{};
    cell.kind = Cell::Kind::object;
}

Cell Context::scalar_cell(const FieldUse& use, const Value& value) const {
    if (const auto* text = std::get_if<std::string>(&value)) return text_cell(use, *text);
    if (const auto* boolean = std::get_if<bool>(&value)) return boolean_cell(*boolean);
    if (const auto* integer = std::get_if<std::int64_t>(&value)) {
        return number_cell(use, integer_number(*integer));
    }
    if (const auto* real = std::get_if<double>(&value); real != nullptr && !std::isnan(*real)) {
        return number_cell(use, real_number(*real));
    }
    Cell nothing;
    if (std::holds_alternative<Object>(value)) nothing.kind = Cell::Kind::object;
    return nothing;
}

void Context::set(Slot slot, const Value& value) {
    if (const auto* list = std::get_if<ValueList>(&value)) {
        const FieldUse& use = fields_[slot];
        if (!takes_lists(*use.field) || list->empty()) return set_missing(slot);
        Cell& cell = open(slot);
        begin_list(cell);
        for (const Value& element : *list)
            append(cell, scalar_cell(use, element));
        return;
    }
    if (const auto* text = std::get_if<std::string>(&value)) return set_text(slot, *text);
    if (const auto* boolean = std::get_if<bool>(&value)) return set_boolean(slot, *boolean);
    if (const auto* integer = std::get_if<std::int64_t>(&value)) return set_integer(slot, *integer);
    if (const auto* real = std::get_if<double>(&value)) return set_real(slot, *real);
    if (std::holds_alternative<Object>(value)) return set_object(slot);
    set_missing(slot);
}

Value Context::value(const Cell& cell) const {
    switch (cell.kind) {
        case Cell::Kind::text:
            return std::string(cell.view());
        case Cell::Kind::integer:
            return cell.integer;
        case Cell::Kind::real:
            return cell.real;
        case Cell::Kind::boolean:
            return cell.integer != 0;
        case Cell::Kind::object:
            return Object{};
        case Cell::Kind::missing:
        case Cell::Kind::pending:
            return {};
        case Cell::Kind::list:
            break;
    }
    ValueList list;
    for (const Cell& item : items(cell))
        list.push_back(value(item));
    return list;
}

Facts Context::facts() const {
    Facts facts;
    for (std::size_t slot = 0; slot < fields_.size(); ++slot) {
        Value held = value(static_cast<Slot>(slot));
        if (!is_missing(held)) facts.emplace(fields_[slot].name, std::move(held));
    }
    return facts;
}

void Context::set_all(const Facts& facts) {
    for (std::size_t slot = 0; slot < fields_.size(); ++slot) {
        set(static_cast<Slot>(slot), value_of(facts, fields_[slot].name));
    }
}

}  // namespace rules
