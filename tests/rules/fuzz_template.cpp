// Fuzz: URL templates of any bytes, rendered with any value.
// Input:   a template, a line feed, and the value that every placeholder of a text field gets.
// Promise: a rendered URL has the template's scheme and host, is pure printable ASCII without
//          anything that could end a header, and no value adds a dot segment, "?" or "#".
#include "rules/dry_run.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

namespace {

using namespace rules;

void require(bool kept) {
    if (!kept) std::abort();
}

std::string_view authority_end(std::string_view url) {
    return url.substr(0, url.find_first_of("/?#", url.find("://") + 3));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view input(reinterpret_cast<const char*>(data), size);
    const std::size_t split = std::min(input.find('\n'), input.size());
    const std::string_view text = input.substr(0, split);
    const std::string value(input.substr(std::min(split + 1, input.size())));
    const Facts facts = {{"thng.name", value},
                         {"query.q", ValueList{Value(value), Value(1.5), Value()}},
                         {"constants.c", value.substr(0, 1000)},
                         {"time", 1}};
    const auto url = evaluate_template(text, facts);
    if (url.has_error()) {
        require(url.error().offset <= text.size());
        return 0;
    }
    require(url->size() <= kMaxUrlBytes);
    require(authority_end(*url) == authority_end(text));
    require(std::all_of(url->begin(), url->end(), [](char c) { return c > 0x20 && c < 0x7F; }));
    require(url->find_first_of("<>\"\\^`{}") == std::string::npos);
    require(std::count(url->begin(), url->end(), '#') <= 1);

    // The same template with a harmless value has as many dot segments: the author's own.
    const auto dots = [](std::string_view path) {
        path = path.substr(0, path.find_first_of("?#"));
        int found = 0;
        while (!path.empty()) {
            const std::size_t slash = std::min(path.find('/'), path.size());
            std::string segment(path.substr(0, slash));
            for (const char* escape : {"%2e", "%2E"}) {
                for (auto at = segment.find(escape); at != std::string::npos;
                     at = segment.find(escape)) {
                    segment.replace(at, 3, ".");
                }
            }
            found += segment == "." || segment == ".." ? 1 : 0;
            path.remove_prefix(std::min(slash + 1, path.size()));
        }
        return found;
    };
    const Facts harmless = {
        {"thng.name", "x"}, {"query.q", "x"}, {"constants.c", "x"}, {"time", 1}};
    const auto plain = evaluate_template(text, harmless);
    require(plain.has_error() || dots(*url) == dots(*plain));
    return 0;
}
