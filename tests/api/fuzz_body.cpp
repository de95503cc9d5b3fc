// Bodies as they come from outside, of every type that is taken: the first byte picks the type.
#include "redirector/api/body.hpp"
#include "redirector/api/filter.hpp"
#include "redirector/api/tables.hpp"
#include "redirector/api/yaml.hpp"

#include <boost/json.hpp>

#include <cstdlib>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace redirector::api;
    if (size == 0) return 0;
    const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
    ParsedValue parsed;
    switch (data[0] % 4) {
        case 0:
            parsed = parse_json(text);
            break;
        case 1:
            parsed = parse_form(text);
            break;
        case 2:
            parsed = parse_multipart(text, "b");
            break;
        default: {
            Filter filter(kThng);
            if (filter.parse(text).empty()) filter.matches({{"name", "a"}, {"createdAt", 5}});
            return 0;
        }
    }
    if (!parsed.problems.empty() || !parsed.value.is_object()) return 0;
    boost::json::object document = parsed.value.get_object();
    if (parsed.form) coerce(kThng, document);
    if (!check(kThng, Verb::create, document).empty()) return 0;
    // What was accepted can be stored and read back.
    const std::string stored = boost::json::serialize(document);
    if (parse_object(stored).object != document) std::abort();
    to_yaml(stored);
    return 0;
}
