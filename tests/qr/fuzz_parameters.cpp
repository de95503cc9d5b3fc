// Any list of parameters either is a style that draws, or is refused with a sentence about one of
// them. Input: name=value pairs, one a line.
#include "qr/render.hpp"
#include "qr/sheet.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>
#include <vector>

namespace {

std::vector<qr::Parameter> parameters_of(std::string_view input) {
    std::vector<qr::Parameter> parameters;
    while (!input.empty()) {
        const auto end = std::min(input.find('\n'), input.size());
        const auto line = input.substr(0, end);
        const auto equals = std::min(line.find('='), line.size());
        parameters.emplace_back(line.substr(0, equals),
                                line.substr(std::min(equals + 1, line.size())));
        input.remove_prefix(std::min(end + 1, input.size()));
    }
    return parameters;
}

void require(bool holds) {
    if (!holds) std::abort();
}

void require_sentence(const qr::Problem& problem) {
    require(problem.message.starts_with(problem.parameter));
    require(problem.message.size() < 300);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view input(reinterpret_cast<const char*>(data), size);
    const auto parameters = parameters_of(input);
    const auto style = qr::parse_style(parameters, "ABCDEFGHKM");
    if (style) {
        for (const auto format :
             {qr::Format::png, qr::Format::svg, qr::Format::pdf, qr::Format::eps}) {
            std::string out;
            const auto drawn = qr::draw("https://TN.GG/ABCDEFGHKM", *style, format, out);
            require(drawn.has_value() != out.empty());
            if (!drawn) require_sentence(drawn.error());
        }
    } else {
        require_sentence(style.error());
    }
    const auto layout = qr::parse_sheet(parameters);
    if (!layout) {
        require_sentence(layout.error());
        return 0;
    }
    std::string out;
    qr::Sheet sheet(*layout, qr::Style{}, out);
    for (int i = 0; i < 3; ++i) {
        const auto added = sheet.add("https://TN.GG/ABCDEFGHKM", "ABCDEFGHKM", out);
        if (!added) require_sentence(added.error());
    }
    sheet.finish(out);
    require(out.ends_with("%%EOF\n"));
    return 0;
}
