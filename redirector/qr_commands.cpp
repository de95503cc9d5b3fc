#include "redirector/qr_commands.hpp"

#include "qr/render.hpp"
#include "redirector/failure.hpp"
#include "redirector/json_text.hpp"
#include "redirector/label_writing.hpp"
#include "redirector/logo_codes.hpp"
#include "redirector/qr_endpoint.hpp"

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <iostream>
#include <span>
#include <unistd.h>
#include <vector>

namespace redirector {
namespace {

std::string option_of(const ParsedConfig& parsed,
                      std::string_view name,
                      std::string_view fallback = "") {
    const auto found = parsed.options.find(std::string(name));
    return found == parsed.options.end() ? std::string(fallback) : found->second;
}

// The parameters that were given as options of these rows. They view `parsed`.
std::vector<qr::Parameter> parameters_of(const ParsedConfig& parsed,
                                         std::span<const qr::ParameterInfo> table) {
    std::vector<qr::Parameter> parameters;
    for (const qr::ParameterInfo& row : table) {
        const auto given =
            parsed.options.find(std::string(row.option.substr(0, row.option.find(','))));
        if (given != parsed.options.end()) parameters.emplace_back(row.name, given->second);
    }
    return parameters;
}

// What is wrong, under the option's name where that is not the parameter's.
std::string told(const qr::Problem& problem) {
    const auto* const row =
        std::ranges::find(qr::kLabelParameters, problem.parameter, &qr::ParameterInfo::name);
    const bool found = row != qr::kLabelParameters.end();
    const std::string_view option = found ? row->option : std::string_view(problem.parameter);
    return "--" + std::string(option.substr(0, option.find(','))) + ": " + problem.message;
}

std::string upper(std::string name) {
    std::ranges::transform(name, name.begin(), [](char c) {
        return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c;
    });
    return name;
}

// Adds the logo of --logo where there is one; empty: done.
std::string add_logo(const ParsedConfig& parsed, qr::Style& style) {
    const std::string path = option_of(parsed, "logo");
    if (path.empty()) return {};
    std::ifstream file(path, std::ios::binary);
    std::string bytes(kMaxLogoFile + 1, '\0');
    file.read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
    bytes.resize(static_cast<std::size_t>(file.gcount()));
    if (bytes.empty()) return "--logo: cannot read \"" + path + "\"";
    if (bytes.size() > kMaxLogoFile)
        return "--logo: logo must have at most " + std::to_string(kMaxLogoFile) + " bytes";
    const auto logo = read_logo(bytes);
    if (!logo) return told(logo.error());
    style.logo = *logo;
    return {};
}

std::string_view behind_last_slash(std::string_view text) {
    return text.substr(text.rfind('/') + 1);
}

int fail_as_json(const WrittenLabels& written) {
    std::printf("{\"error\":%s", quote_json(written.problem).c_str());
    if (written.line > 0) std::printf(",\"line\":%zu", written.line);
    std::puts("}");
    return 1;
}

}  // namespace

int run_qr(const ParsedConfig& parsed) {
    if (parsed.positional.empty()) return fail("qr: expected the text to encode");
    const std::string format_name = option_of(parsed, "format", "png");
    const auto* const format = std::ranges::find(qr::kFormats, format_name, &qr::FormatName::name);
    if (format == qr::kFormats.end()) {
        return fail("--format: \"" + format_name + "\" is not one of png, svg, pdf, eps");
    }
    const std::string& text = parsed.positional[0];
    const auto parameters = parameters_of(parsed, qr::kStyleParameters);
    auto style = qr::parse_style(parameters, behind_last_slash(text));
    if (!style) return fail(told(style.error()));
    if (const std::string problem = add_logo(parsed, *style); !problem.empty())
        return fail(problem);
    std::string image;
    if (const auto refused = draw_readable(text, *style, format->format, image))
        return fail(told(refused->problem));
    const std::string path = option_of(parsed, "output");
    if (path.empty())
        return std::fwrite(image.data(), 1, image.size(), stdout) == image.size() ? 0 : 1;
    std::ofstream file(path, std::ios::binary);
    file << image;
    file.close();
    return file ? 0 : fail("--output: cannot write \"" + path + "\"");
}

int run_qr_sheet(const ParsedConfig& parsed) {
    const bool json = parsed.options.contains("json");
    LabelWriting writing;
    const auto parameters = parameters_of(parsed, qr::kLabelParameters);
    const auto order = qr::parse_labels(parameters);
    if (!order) return fail(told(order.error()));
    writing.order = *order;
    if (const std::string problem = add_logo(parsed, writing.order.style); !problem.empty())
        return fail(problem);
    if (const std::string domain = option_of(parsed, "domain"); !domain.empty()) {
        const std::string scheme = option_of(parsed, "scheme", "http");
        if (scheme != "http" && scheme != "https")
            return fail("--scheme: \"" + scheme + "\" is not one of http, https");
        writing.payload_base = scheme + "://" + upper(domain) + "/";
    } else if (parsed.options.contains("scheme")) {
        return fail("--scheme: is of the short URLs that --domain makes of short IDs");
    }
    writing.output = option_of(parsed, "output");
    if (writing.output.empty() && isatty(STDOUT_FILENO) != 0)
        return fail("--output: expected a file, since standard output is a terminal");
    writing.progress = !json && isatty(STDERR_FILENO) != 0;
    const std::string input = option_of(parsed, "input");
    std::ifstream file;
    if (!input.empty()) {
        file.open(input, std::ios::binary);
        if (!file) return fail("--input: cannot read \"" + input + "\"");
    }
    const WrittenLabels written = write_labels(writing, input.empty() ? std::cin : file);
    if (!written.problem.empty()) {
        if (json) return fail_as_json(written);
        const std::string where =
            written.line > 0 ? "line " + std::to_string(written.line) + ": " : "";
        return fail(where + written.problem);
    }
    if (json) {
        std::fprintf(writing.output.empty() ? stderr : stdout,
                     "{\"labels\":%zu,\"bytes\":%llu,\"as\":\"%s\",\"file\":%s}\n", written.labels,
                     static_cast<unsigned long long>(written.bytes),
                     writing.order.zip ? "zip" : "pdf", quote_json(writing.output).c_str());
    }
    return 0;
}

}  // namespace redirector
