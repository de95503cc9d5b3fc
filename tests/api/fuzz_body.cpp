// Bodies and filters as they come from outside: the first byte picks how they are written and which
// document they are of.
#include "redirector/api/body.hpp"
#include "redirector/api/filter.hpp"
#include "redirector/api/position.hpp"
#include "redirector/api/query.hpp"
#include "redirector/api/tables.hpp"
#include "redirector/api/yaml.hpp"

#include <boost/json.hpp>

#include <array>
#include <cstdlib>

namespace {

using namespace redirector::api;

// 0 to 3 are of a thng, 4 to 7 of a place ...
const DocumentSpec& spec_of(std::uint8_t first) {
    static const std::array kSpecs{&kThng,        &kPlace,  &kProject,  &kUser,
                                   &kRedirection, &kAction, &kProperty, &kLocation};
    return *kSpecs[first / 4 % kSpecs.size()];
}

void try_filter(const DocumentSpec& spec, std::string_view text) {
    Filter filter(spec);
    if (!filter.parse(text).empty()) return;
    filter.matches({{"name", "a"}, {"tags", {"a", "b"}}, {"createdAt", 5}, {"timestamp", 7}});
    filter.indexes();
    filter.alternatives();
    const Filter::Span span = filter.span_of("createdAt");
    // Nothing that matches lies outside of the span.
    for (const std::int64_t time : {std::int64_t{0}, std::int64_t{5}, span.first, span.last}) {
        if (filter.matches({{"createdAt", time}}) && (time < span.first || time > span.last))
            std::abort();
    }
    // What a link carries comes back as it was.
    const Query query("filter=" + encode_component(text));
    if (query.find("filter") != text) std::abort();
}

ParsedValue parse(std::uint8_t first, std::string_view text) {
    if (first % 4 == 0) return parse_json(text);
    return first % 4 == 1 ? parse_form(text) : parse_multipart(text, "b");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
    const DocumentSpec& spec = spec_of(data[0]);
    if (data[0] % 4 == 3) {
        try_filter(spec, text);
        return 0;
    }
    const ParsedValue parsed = parse(data[0], text);
    if (!parsed.problems.empty() || !parsed.value.is_object()) return 0;
    boost::json::object document = parsed.value.get_object();
    if (parsed.form) coerce(spec, document);
    boost::json::object update = document;
    check(spec, Verb::update, update);
    if (!check(spec, Verb::create, document).empty()) return 0;
    if (spec.find("latitude") != nullptr) mirror_position(spec.name, document);
    indexes_of(spec, document);
    // What was accepted can be stored and read back.
    const std::string stored = boost::json::serialize(document);
    if (parse_object(stored).object != document) std::abort();
    to_yaml(stored);
    return 0;
}
