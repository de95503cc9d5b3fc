// The subcommands that draw codes without a server: `redirector qr` and `redirector qr sheet`.
// Shape:   their options are the rows of qr's tables of parameters, which HTTP takes as well.
// Errors:  a sentence on standard error that names the option, or the line of input; exit status 1.
//          A file that could not be finished is not left behind.
#pragma once

#include "qr/label_file.hpp"
#include "redirector/config.hpp"

#include <array>

namespace redirector {

// A table of parameters as options of a command line, before what the command has besides.
template <std::size_t parameters, std::size_t others>
constexpr auto join_options(const std::array<qr::ParameterInfo, parameters>& table,
                            const std::array<Option, others>& more) {
    std::array<Option, parameters + others> options;
    auto* next = options.begin();
    for (const qr::ParameterInfo& row : table)
        *next++ = {row.option, row.argument, row.meaning};
    for (const Option& option : more)
        *next++ = option;
    return options;
}

inline constexpr Option kLogoOption{
    "logo", "FILE",
    "PNG of 8 to 4096 pixels a side, drawn in the middle of each code: level H, and read back"};

inline constexpr auto kQrOptions = join_options(
    qr::kStyleParameters,
    std::to_array<Option>({kLogoOption,
                           {"format", "FORMAT", "png (default), svg, pdf or eps"},
                           {"output,o", "FILE", "where to write it; default: standard output"}}));

inline constexpr auto kQrSheetOptions = join_options(
    qr::kLabelParameters,
    std::to_array<Option>(
        {kLogoOption,
         {"input,i", "FILE",
          "a text on each line, and behind a tab its name: caption, and file in a ZIP; default: "
          "standard input"},
         {"domain", "NAME", "lines are short IDs of this short domain"},
         {"scheme", "SCHEME", "of these short URLs: http (default) or https"},
         {"output,o", "FILE", "where to write it; default: standard output"},
         {"json", "", "print one JSON object at the end; no progress bar"}}));

int run_qr(const ParsedConfig& parsed);
int run_qr_sheet(const ParsedConfig& parsed);

}  // namespace redirector
