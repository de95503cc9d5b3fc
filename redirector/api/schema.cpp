#include "redirector/api/schema.hpp"

#include "redirector/store/ids.hpp"

#include <boost/json.hpp>

#include <algorithm>
#include <array>

namespace redirector::api {
namespace {

namespace json = boost::json;

constexpr std::size_t kMaxDepth = 32;
constexpr std::array<std::string_view, 4> kPlaceholders{"evrythngId", "thngId", "productId",
                                                        "shortId"};

std::string quoted(std::string_view text) {
    return "\"" + std::string(text) + "\"";
}

// What is wrong with a text value of the field, as the end of a sentence that starts with the
// field's name.
std::optional<std::string> refuse_text(const FieldSpec& field, std::string_view text) {
    const std::size_t max = field.max;
    if (max > 0 && text.size() > max) return "is longer than " + std::to_string(max) + " bytes";
    switch (field.type) {
        case Type::resource_id:
            if (!store::is_resource_id(text)) return "must be an ID of 24 letters and digits";
            return std::nullopt;
        case Type::short_id:
            if (!store::is_short_id(text)) return "must be 4 to 40 of A-Z a-z 0-9 _ -";
            return std::nullopt;
        case Type::enumeration: {
            if (std::ranges::find(field.values, text) != field.values.end()) return std::nullopt;
            std::string allowed = "must be one of";
            for (const auto value : field.values)
                allowed.append(allowed.ends_with("of") ? " " : ", ").append(value);
            return allowed;
        }
        case Type::url_template:
            return refuse_target(text);
        default:
            if (text.empty()) return "cannot be blank";
            return std::nullopt;
    }
}

std::optional<std::string> refuse_value(const FieldSpec& field, const json::value& value) {
    if (field.type == Type::integer || field.type == Type::timestamp) {
        if (!value.is_int64() || value.get_int64() < 0) return "must be a whole number, 0 or more";
        return std::nullopt;
    }
    if (!value.is_string()) return "must be a string";
    return refuse_text(field, value.get_string());
}

// The bytes of a brace at the start of `text`, plain or percent-encoded; 0 when there is none.
std::size_t brace(std::string_view text,
                  char plain,
                  std::string_view upper,
                  std::string_view lower) {
    if (text.starts_with(plain)) return 1;
    return text.starts_with(upper) || text.starts_with(lower) ? 3 : 0;
}

std::optional<std::string> refuse_placeholders(std::string_view text) {
    for (std::size_t at = 0; at < text.size(); ++at) {
        const std::string_view rest = text.substr(at);
        if (brace(rest, '}', "%7D", "%7d") > 0) return "has a closing brace without an opening one";
        const std::size_t open = brace(rest, '{', "%7B", "%7b");
        if (open == 0) continue;
        std::size_t end = open;
        while (end < rest.size() && brace(rest.substr(end), '}', "%7D", "%7d") == 0)
            ++end;
        if (end == rest.size()) return "has an opening brace without a closing one";
        const std::string_view name = rest.substr(open, end - open);
        if (std::ranges::find(kPlaceholders, name) == kPlaceholders.end()) {
            return "has the unknown placeholder " + quoted(name) +
                   "; known are evrythngId, thngId, productId and shortId";
        }
        at += end + brace(rest.substr(end), '}', "%7D", "%7d") - 1;
    }
    return std::nullopt;
}

bool is_hex(char c) {
    return (c >= '0' && c <= '9') || ((c | 32) >= 'a' && (c | 32) <= 'f');
}

std::optional<std::string> refuse_characters(std::string_view url) {
    for (std::size_t at = 0; at < url.size(); ++at) {
        const auto byte = static_cast<unsigned char>(url[at]);
        const std::string where = " at offset " + std::to_string(at);
        if (byte <= 0x20 || byte == 0x7f) return "has a blank or control character" + where;
        if (byte > 0x7f) return "has a character that must be percent-encoded" + where;
        if (std::string_view("<>\"\\^`|").find(url[at]) != std::string_view::npos) {
            return "has the character " + std::string(1, url[at]) + where +
                   ", which must be percent-encoded";
        }
        const bool escape = url[at] == '%';
        if (escape && (at + 2 >= url.size() || !is_hex(url[at + 1]) || !is_hex(url[at + 2]))) {
            return "has a % without two hexadecimal digits" + where;
        }
    }
    return std::nullopt;
}

}  // namespace

Problems check(const DocumentSpec& spec, Verb verb, json::object& body) {
    Problems problems;
    const auto report = [&](Code code, std::string_view field, const std::string& what) {
        problems.push_back({code, std::string(field),
                            std::string(spec.name) + "." + std::string(field) + " " + what});
    };
    std::vector<std::string> ignored;
    for (const auto& member : body) {
        const auto field =
            std::ranges::find(spec.fields, std::string_view(member.key()), &FieldSpec::name);
        if (field == spec.fields.end()) {
            report(Code::unknown_field, member.key(), "is not a field of this document");
        } else if (field->access == Access::read_only ||
                   (field->access == Access::once && verb == Verb::update)) {
            ignored.emplace_back(member.key());
        } else if (const auto refusal = refuse_value(*field, member.value())) {
            report(Code::invalid_field, member.key(), *refusal);
        }
    }
    for (const std::string& name : ignored)
        body.erase(name);
    for (const FieldSpec& field : spec.fields) {
        if (verb == Verb::create && field.required && !body.contains(field.name)) {
            report(Code::missing_field, field.name, "is required");
        }
    }
    return problems;
}

std::optional<std::string> refuse_target(std::string_view url) {
    const bool web = url.starts_with("http://") || url.starts_with("https://");
    if (!web) return "must start with http:// or https://";
    if (auto refusal = refuse_characters(url)) return refusal;
    const std::string_view host = host_of(url);
    if (host.empty() || host.front() == ':') return "has no host";
    if (host.find('@') != host.npos) return "may not hold a user name or password";
    if (host.find_first_of("{}%") != host.npos) return "may have placeholders only after the host";
    return refuse_placeholders(url);
}

std::string_view host_of(std::string_view url) {
    const std::string_view rest = url.substr(url.find("://") + 3);
    return rest.substr(0, rest.find_first_of("/?#"));
}

ParsedBody parse_object(std::string_view body) {
    ParsedBody parsed;
    const auto malformed = [&](std::string message) {
        parsed.problems.push_back({Code::malformed_request, "", std::move(message)});
    };
    json::parse_options options;
    options.max_depth = kMaxDepth;
    json::stream_parser parser({}, options);
    json::error_code error;
    const std::size_t read = parser.write_some(body.data(), body.size(), error);
    if (!error) parser.finish(error);
    if (error) {
        malformed("the body is not JSON: " + error.message() + " at byte " + std::to_string(read));
        return parsed;
    }
    if (body.find_first_not_of(" \t\r\n", read) != body.npos) {
        malformed("the body is not JSON: more text after the document at byte " +
                  std::to_string(read));
        return parsed;
    }
    json::value value = parser.release();
    if (!value.is_object()) {
        malformed("the body must be a JSON object");
        return parsed;
    }
    parsed.object = std::move(value.get_object());
    return parsed;
}

}  // namespace redirector::api
