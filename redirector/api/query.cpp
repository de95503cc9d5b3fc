#include "redirector/api/query.hpp"

#include "redirector/text.hpp"

#include <algorithm>

namespace redirector::api {
namespace {

int hex_value(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    const char lower = static_cast<char>(c | 32);
    return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

void append_percent(std::string& out, char c) {
    const auto byte = static_cast<unsigned char>(c);
    out += '%';
    out += "0123456789ABCDEF"[byte >> 4];
    out += "0123456789ABCDEF"[byte & 15];
}

}  // namespace

Query::Query(std::string_view text, std::size_t max_parameters) {
    while (!text.empty() && parameters_.size() < max_parameters) {
        const std::string_view pair = text.substr(0, text.find('&'));
        text.remove_prefix(std::min(text.size(), pair.size() + 1));
        if (pair.empty()) continue;
        const auto equals = pair.find('=');
        const std::string_view value =
            equals == pair.npos ? std::string_view() : pair.substr(equals + 1);
        parameters_.emplace_back(decode_form(pair.substr(0, equals)), decode_form(value));
    }
    truncated_ = !text.empty();
}

std::optional<std::string_view> Query::find(std::string_view name) const {
    const auto found = std::ranges::find(parameters_, name,
                                         [](const auto& p) { return std::string_view(p.first); });
    if (found == parameters_.end()) return std::nullopt;
    return found->second;
}

std::string decode_form(std::string_view text) {
    std::string decoded;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const int high = text[i] == '%' && i + 2 < text.size() ? hex_value(text[i + 1]) : -1;
        const int low = high >= 0 ? hex_value(text[i + 2]) : -1;
        if (low >= 0) {
            decoded += static_cast<char>(high * 16 + low);
            i += 2;
        } else {
            decoded += text[i] == '+' ? ' ' : text[i];
        }
    }
    return decoded;
}

std::string encode_component(std::string_view text) {
    std::string encoded;
    for (const char c : text) {
        const bool letter =
            (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
        if (letter || std::string_view("-_.!~*'()").find(c) != std::string_view::npos) {
            encoded += c;
        } else {
            append_percent(encoded, c);
        }
    }
    return encoded;
}

Problems read_paging(const Query& query, Paging& paging) {
    Problems problems;
    if (const auto text = query.find("perPage")) {
        const auto number = to_number<std::size_t>(*text);
        paging.per_page = number.value_or(0);
        if (paging.per_page < 1 || paging.per_page > 100) {
            problems.push_back({Code::invalid_parameter, "perPage",
                                "perPage must be a whole number from 1 to 100"});
        }
    }
    if (const auto text = query.find("sortOrder")) {
        paging.ascending = *text == "ASCENDING";
        if (!paging.ascending && *text != "DESCENDING") {
            problems.push_back({Code::invalid_parameter, "sortOrder",
                                "sortOrder must be ASCENDING or DESCENDING"});
        }
    }
    if (const auto text = query.find("nextPageToken")) paging.after = *text;
    return problems;
}

Problem refuse_token() {
    return {Code::invalid_parameter, "nextPageToken", "nextPageToken is not one that a list gave"};
}

std::string next_link(std::string_view api_url,
                      std::string_view path,
                      const Query& query,
                      std::string_view token) {
    std::string url = std::string(api_url).append(path).append("?");
    for (const auto& [name, value] : query.all()) {
        if (name != "nextPageToken")
            url.append(encode_component(name)).append("=").append(encode_component(value)) += '&';
    }
    url.append("nextPageToken=").append(encode_component(token));
    return "<" + encode_component(url) + ">; rel=\"next\"";
}

}  // namespace redirector::api
