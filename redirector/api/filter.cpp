#include "redirector/api/filter.hpp"

#include "redirector/api/query.hpp"
#include "redirector/store/ids.hpp"
#include "rules/number.hpp"
#include "rules/parse.hpp"

#include <boost/json.hpp>

#include <algorithm>
#include <span>

namespace redirector::api {
namespace {

namespace json = boost::json;
using rules::Node;
using rules::Op;
using rules::Predicate;

constexpr std::size_t kMaxIndexes = 16;       // of one filter; more are read by the type's index
constexpr std::size_t kMaxIndexedBytes = 64;  // longer values are indexed by their digest

bool is_ordering(Op op) {
    return op != Op::eq && op != Op::ne;
}

// The field of the table that a name in a filter means: "identifiers.ean" is within "identifiers",
// "context.city" within the table of contexts.
const FieldSpec* field_of(const DocumentSpec& spec, std::string_view name) {
    const auto dot = name.find('.');
    const FieldSpec* const field = spec.find(name.substr(0, dot));
    if (field == nullptr || !field->filterable) return nullptr;
    const bool keyed = dot != name.npos && dot + 1 < name.size();
    if (field->type == Type::document)
        return keyed ? field_of(*field->nested, name.substr(dot + 1)) : nullptr;
    return keyed == (field->type == Type::string_map) ? field : nullptr;
}

// The names that a filter may use, with commas between them.
std::string known_fields(const DocumentSpec& spec, std::string_view prefix = {}) {
    std::string known;
    for (const FieldSpec& field : spec.fields) {
        if (!field.filterable) continue;
        if (!known.empty()) known += ", ";
        const std::string name = std::string(prefix).append(field.name);
        known += field.type == Type::document     ? known_fields(*field.nested, name + ".")
                 : field.type == Type::string_map ? name + ".<key>"
                                                  : name;
    }
    return known;
}

// Whether the name is one of a nested document: these have no index.
bool within_document(const DocumentSpec& spec, std::string_view name) {
    const FieldSpec* const field = spec.find(name.substr(0, name.find('.')));
    return field != nullptr && field->type == Type::document;
}

// The values that a document has under a name, as texts; arrays have several.
std::vector<std::string> values_of(const json::object& document, std::string_view name) {
    const auto dot = name.find('.');
    const json::value* value = document.if_contains(name.substr(0, dot));
    if (value != nullptr && dot != name.npos) {
        value =
            value->is_object() ? value->get_object().if_contains(name.substr(dot + 1)) : nullptr;
    }
    std::vector<std::string> values;
    if (value == nullptr) return values;
    const auto add = [&values](const json::value& item) {
        if (item.is_string()) values.emplace_back(item.get_string());
        if (item.is_number()) values.push_back(json::serialize(item));
    };
    if (!value->is_array()) {
        add(*value);
    } else {
        for (const json::value& item : value->get_array())
            add(item);
    }
    return values;
}

bool compares(Op op, const std::string& left, const std::string& right) {
    const auto a = rules::parse_number(left);
    const auto b = rules::parse_number(right);
    if (!a || !b) return false;
    const auto order = rules::compare(*a, *b);
    switch (op) {
        case Op::gt:
            return order > 0;
        case Op::ge:
            return order >= 0;
        case Op::lt:
            return order < 0;
        default:
            return order <= 0;
    }
}

// The SDK encodes a filter given as an object twice: then %20 stands for a blank.
bool equals(const rules::Operand& operand, const std::string& value) {
    const auto same = [&](const std::string& text) {
        return operand.wildcard ? value.starts_with(text) : value == text;
    };
    return same(operand.text) ||
           (operand.text.find('%') != std::string::npos && same(decode_form(operand.text)));
}

bool contains(const rules::Operand& operand, const std::string& value) {
    return rules::fold(value).find(rules::fold(operand.text)) != std::string::npos;
}

// `~` is not among the operators of rules: it is read as `=`, and remembered by its place.
std::string take_likes(std::string_view text, std::vector<std::size_t>& likes) {
    std::string taken(text);
    for (std::size_t i = 0; i < taken.size(); ++i) {
        if (taken[i] == '\\') {
            ++i;
        } else if (taken[i] == '~') {
            taken[i] = '=';
            likes.push_back(i);
        }
    }
    return taken;
}

Problem refusal(std::string message) {
    return {Code::invalid_parameter, "filter", "filter: " + std::move(message)};
}

}  // namespace

std::string index_of_value(const DocumentSpec& spec,
                           std::string_view field,
                           std::string_view value) {
    std::string name = std::string(spec.name) + "." + std::string(field) + "=";
    if (value.size() <= kMaxIndexedBytes) return name.append(value);
    return name.append("#").append(store::api_key_digest(value));
}

std::string index_of_project(const DocumentSpec& spec, std::string_view project) {
    return index_of_value(spec, "scopes.projects", project);
}

std::vector<std::string> indexes_of(const DocumentSpec& spec, const json::object& document) {
    std::vector<std::string> indexes{std::string(spec.name)};
    const auto add = [&](const std::string& name, const json::object& within,
                         std::string_view path) {
        for (const std::string& value : values_of(within, path))
            indexes.push_back(index_of_value(spec, name, value));
    };
    for (const FieldSpec& field : spec.fields) {
        const json::value* const value = document.if_contains(field.name);
        if (!field.filterable || value == nullptr || field.type == Type::timestamp) continue;
        if (field.type != Type::string_map) {
            add(std::string(field.name), document, field.name);
        } else if (value->is_object()) {
            for (const auto& member : value->get_object()) {
                const std::string path = std::string(field.name) + "." + std::string(member.key());
                add(path, document, path);
            }
        }
    }
    const json::value* const scopes = document.if_contains("scopes");
    if (scopes != nullptr && scopes->is_object())
        add("scopes.projects", scopes->get_object(), "projects");
    std::ranges::sort(indexes);
    indexes.erase(std::unique(indexes.begin(), indexes.end()), indexes.end());
    return indexes;
}

Problems Filter::parse(std::string_view text) {
    std::vector<std::size_t> likes;
    const auto parsed = rules::parse(take_likes(text, likes));
    if (!parsed) {
        std::string message =
            "at " + std::to_string(parsed.error().offset) + ": " + parsed.error().message;
        if (!parsed.error().hint.empty()) message += "; " + parsed.error().hint;
        return {refusal(std::move(message))};
    }
    filter_ = *parsed;
    Problems problems;
    for (const Predicate& predicate : filter_.predicates) {
        like_.push_back(std::ranges::find(likes, predicate.op_offset) != likes.end());
        const Problems found = check(predicate, like_.back());
        problems.insert(problems.end(), found.begin(), found.end());
    }
    if (std::ranges::count(like_, true) != static_cast<std::ptrdiff_t>(likes.size()))
        problems.push_back(refusal("'~' within a value is written \\~"));
    return problems;
}

Problems Filter::check(const Predicate& predicate, bool like) const {
    const FieldSpec* const field = field_of(*spec_, predicate.field);
    if (field == nullptr) {
        return {refusal("a list of " + std::string(spec_->name) + "s cannot be filtered by \"" +
                        predicate.field + "\"; known are " + known_fields(*spec_))};
    }
    const bool ordered = field->type == Type::timestamp || field->type == Type::integer;
    if (is_ordering(predicate.op) && !ordered)
        return {refusal("\"" + predicate.field + "\" has no order: use = or !=")};
    if (!ordered) return {};
    if (like) return {refusal("\"" + predicate.field + "\" is a number: ~ does not apply")};
    for (const rules::Operand& operand : predicate.operands) {
        if (operand.wildcard || !rules::parse_number(operand.text))
            return {refusal("\"" + predicate.field + "\" is compared with numbers only")};
    }
    return {};
}

bool Filter::matches(const json::object& document) const {
    return !filter_.root || matches(*filter_.root, document);
}

bool Filter::matches(const Node& node, const json::object& document) const {
    const auto holds = [&](const Node& child) { return matches(child, document); };
    switch (node.kind) {
        case Node::Kind::all:
            return std::ranges::all_of(node.children, holds);
        case Node::Kind::any:
            return std::ranges::any_of(node.children, holds);
        default:
            return matches_predicate(node.predicate, document);
    }
}

bool Filter::matches_predicate(std::size_t number, const json::object& document) const {
    const Predicate& predicate = filter_.predicates[number];
    const std::vector<std::string> values = values_of(document, predicate.field);
    const auto any_value = [&](auto&& test) { return std::ranges::any_of(values, test); };
    if (is_ordering(predicate.op)) {
        return any_value([&](const std::string& value) {
            return compares(predicate.op, value, predicate.operands.front().text);
        });
    }
    const bool like = like_[number];
    const bool found = any_value([&](const std::string& value) {
        return std::ranges::any_of(predicate.operands, [&](const rules::Operand& operand) {
            return like ? contains(operand, value) : equals(operand, value);
        });
    });
    return found == (predicate.op == Op::eq);
}

std::vector<std::string> Filter::indexes() const {
    if (!filter_.root) return {};
    return indexes(*filter_.root);
}

std::vector<std::vector<std::string>> Filter::alternatives() const {
    if (!filter_.root) return {};
    std::vector<std::vector<std::string>> found;
    const Node& root = *filter_.root;
    const std::span<const Node> nodes =
        root.kind == Node::Kind::all ? std::span<const Node>(root.children) : std::span(&root, 1);
    for (const Node& node : nodes) {
        if (auto names = indexes(node); !names.empty()) found.push_back(std::move(names));
    }
    return found;
}

std::vector<std::string> Filter::indexes(const Node& node) const {
    std::vector<std::string> names;
    if (node.kind == Node::Kind::all) {
        for (const Node& child : node.children) {
            std::vector<std::string> of_child = indexes(child);
            const bool better = names.empty() || of_child.size() < names.size();
            if (!of_child.empty() && better) names = std::move(of_child);
        }
        return names;
    }
    if (node.kind == Node::Kind::any) {
        for (const Node& child : node.children) {
            const std::vector<std::string> of_child = indexes(child);
            if (of_child.empty()) return {};
            names.insert(names.end(), of_child.begin(), of_child.end());
        }
    } else {
        const Predicate& predicate = filter_.predicates[node.predicate];
        const FieldSpec& field = *field_of(*spec_, predicate.field);
        const bool indexed = predicate.op == Op::eq && !like_[node.predicate] &&
                             field.type != Type::timestamp &&
                             !within_document(*spec_, predicate.field) &&
                             std::ranges::none_of(predicate.operands, &rules::Operand::wildcard);
        if (!indexed) return {};
        for (const rules::Operand& operand : predicate.operands) {
            names.push_back(index_of_value(*spec_, predicate.field, operand.text));
            const std::string decoded = decode_form(operand.text);
            if (decoded != operand.text && operand.text.find('%') != std::string::npos)
                names.push_back(index_of_value(*spec_, predicate.field, decoded));
        }
    }
    if (names.size() > kMaxIndexes) names.clear();
    return names;
}

bool Filter::exact() const {
    if (!filter_.root) return true;
    return filter_.root->kind == Node::Kind::predicate && indexes().size() == 1;
}

Filter::Span Filter::span_of(std::string_view timestamp) const {
    Span span;
    if (filter_.root) bound(*filter_.root, timestamp, span);
    return span;
}

void Filter::bound(const Node& node, std::string_view timestamp, Span& span) const {
    if (node.kind == Node::Kind::all) {
        for (const Node& child : node.children)
            bound(child, timestamp, span);
    }
    if (node.kind != Node::Kind::predicate) return;
    const Predicate& predicate = filter_.predicates[node.predicate];
    const auto number = rules::parse_number(predicate.operands.front().text);
    if (predicate.field != timestamp || !number || !number->exact ||
        predicate.operands.size() != 1 || predicate.op == Op::ne) {
        return;
    }
    const std::int64_t value = number->integer;
    // matches() has the last word on the bound itself.
    if (predicate.op != Op::lt && predicate.op != Op::le) span.first = std::max(span.first, value);
    if (predicate.op != Op::gt && predicate.op != Op::ge) span.last = std::min(span.last, value);
}

}  // namespace redirector::api
