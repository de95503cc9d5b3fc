#include "redirector/store/document_view.hpp"

#include "redirector/store/documents.hpp"

#include <boost/json.hpp>

#include <algorithm>

namespace redirector::store {
namespace {

namespace json = boost::json;

std::string text_of(const json::object& object, std::string_view name) {
    const json::value* const value = object.if_contains(name);
    return value != nullptr && value->is_string() ? std::string(value->get_string())
                                                  : std::string();
}

std::optional<double> number_of(const json::object& object, std::string_view name) {
    const json::value* const value = object.if_contains(name);
    if (value == nullptr || !value->is_number()) return std::nullopt;
    return value->to_number<double>();
}

std::optional<std::int64_t> integer_of(const json::object& object, std::string_view name) {
    const json::value* const value = object.if_contains(name);
    if (value == nullptr || !value->is_int64()) return std::nullopt;
    return value->get_int64();
}

const json::object* object_of(const json::object& object, std::string_view name) {
    const json::value* const value = object.if_contains(name);
    return value == nullptr ? nullptr : value->if_object();
}

std::vector<std::string> texts_of(const json::object& object, std::string_view name) {
    std::vector<std::string> texts;
    const json::value* const value = object.if_contains(name);
    if (value == nullptr || !value->is_array()) return texts;
    for (const json::value& item : value->get_array()) {
        if (item.is_string()) texts.emplace_back(item.get_string());
    }
    return texts;
}

rules::Value scalar(const json::value& value) {
    switch (value.kind()) {
        case json::kind::bool_:
            return value.get_bool();
        case json::kind::int64:
            return value.get_int64();
        case json::kind::uint64:
        case json::kind::double_:
            return value.to_number<double>();
        case json::kind::string:
            return std::string(value.get_string());
        case json::kind::object:
        case json::kind::array:
            return rules::Object{};
        case json::kind::null:
            break;
    }
    return {};
}

rules::Value value_of(const json::value& value) {
    if (!value.is_array()) return scalar(value);
    rules::ValueList list;
    for (const json::value& item : value.get_array())
        list.push_back(scalar(item));
    return list;
}

void read_maps(const json::object& object, DocumentView& view) {
    if (const auto* identifiers = object_of(object, "identifiers")) {
        for (const auto& member : *identifiers) {
            if (member.value().is_string()) {
                view.identifiers.emplace_back(std::string(member.key()),
                                              std::string(member.value().get_string()));
            }
        }
    }
    if (const auto* fields = object_of(object, "customFields")) {
        for (const auto& member : *fields)
            view.custom_fields.emplace_back(std::string(member.key()), value_of(member.value()));
    }
}

void read_position(const json::object& object, DocumentView& view) {
    const auto* location = object_of(object, "location");
    const json::object& source = location != nullptr ? *location : object;
    view.latitude = number_of(source, "latitude");
    view.longitude = number_of(source, "longitude");
    if (location != nullptr) view.place = text_of(*location, "place");
}

void read_user(const json::object& object, DocumentView& view) {
    view.gender = text_of(object, "gender");
    view.locale = text_of(object, "locale");
    view.timezone = text_of(object, "timezone");
    if (const auto* birthday = object_of(object, "birthday")) {
        view.birth_year = integer_of(*birthday, "year");
        view.birth_month = integer_of(*birthday, "month");
        view.birth_day = integer_of(*birthday, "day");
    }
}

std::size_t bytes_of(const rules::Value& value) {
    std::size_t bytes = sizeof(value);
    if (const auto* text = std::get_if<std::string>(&value)) bytes += text->capacity();
    if (const auto* list = std::get_if<rules::ValueList>(&value)) {
        for (const rules::Value& item : *list)
            bytes += bytes_of(item);
    }
    return bytes;
}

std::size_t bytes_of(const DocumentView& view) {
    std::size_t bytes = sizeof(CachedDocument);
    for (const std::string* text :
         {&view.type, &view.id, &view.name, &view.description, &view.product, &view.project,
          &view.app, &view.place, &view.gender, &view.locale, &view.timezone}) {
        bytes += text->capacity();
    }
    for (const auto* texts : {&view.tags, &view.projects}) {
        for (const std::string& text : *texts)
            bytes += sizeof(text) + text.capacity();
    }
    for (const auto& [key, value] : view.identifiers)
        bytes += sizeof(key) + sizeof(value) + key.capacity() + value.capacity();
    for (const auto& [key, value] : view.custom_fields)
        bytes += sizeof(key) + key.capacity() + bytes_of(value);
    return bytes;
}

template <class Pairs>
auto find_in(const Pairs& pairs, std::string_view key) -> decltype(&pairs.front().second) {
    const auto found =
        std::ranges::find(pairs, key, [](const auto& p) { return std::string_view(p.first); });
    return found == pairs.end() ? nullptr : &found->second;
}

}  // namespace

const std::string* DocumentView::identifier(std::string_view key) const {
    return find_in(identifiers, key);
}
const rules::Value* DocumentView::custom_field(std::string_view key) const {
    return find_in(custom_fields, key);
}

CachedDocument::CachedDocument(DocumentView view)
    : view_(std::move(view)), bytes_(bytes_of(view_)) {}

EntryPtr decode_cached_document(std::string_view, std::string_view record) {
    const auto parts = decode_document(record);
    if (!parts) return nullptr;
    json::error_code error;
    const json::value value = json::parse({parts->json.data(), parts->json.size()}, error);
    if (error || !value.is_object()) return nullptr;
    const json::object& object = value.get_object();
    DocumentView view;
    view.type = parts->type;
    view.id = text_of(object, "id");
    view.name = text_of(object, "name");
    view.description = text_of(object, "description");
    view.product = text_of(object, "product");
    view.project = text_of(object, "project");
    view.app = text_of(object, "app");
    view.tags = texts_of(object, "tags");
    if (const auto* scopes = object_of(object, "scopes"))
        view.projects = texts_of(*scopes, "projects");
    read_maps(object, view);
    read_position(object, view);
    read_user(object, view);
    return EntryPtr(new CachedDocument(std::move(view)));
}

}  // namespace redirector::store
