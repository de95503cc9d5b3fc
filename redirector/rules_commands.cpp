#include "redirector/rules_commands.hpp"

#include "redirector/api/rules_lines.hpp"
#include "redirector/failure.hpp"

#include <cstdio>
#include <fstream>
#include <iostream>
#include <iterator>
#include <optional>
#include <string>

namespace redirector {
namespace {

std::optional<std::string> read_file(const ParsedConfig& parsed, const std::string& option) {
    const auto path = parsed.options.find(option);
    if (path == parsed.options.end()) return std::nullopt;
    std::ifstream file(path->second, std::ios::binary);
    if (!file) return std::nullopt;
    return std::string(std::istreambuf_iterator<char>(file), {});
}

}  // namespace

int run_rules_eval(const ParsedConfig&) {
    std::ios::sync_with_stdio(false);
    std::string line;
    while (std::getline(std::cin, line)) {
        if (line.find_first_not_of(" \t\r") == line.npos) continue;
        std::cout << api::evaluate_line(line) << '\n';
        // Whoever asks line by line waits for this answer before the next question.
        if (std::cin.rdbuf()->in_avail() <= 0) std::cout.flush();
    }
    std::cout.flush();
    return std::cout ? 0 : 1;
}

int run_rules_explain(const ParsedConfig& parsed) {
    const auto document = read_file(parsed, "redirector");
    if (!document) return fail("--redirector: expected a readable file");
    const auto context = read_file(parsed, "context");
    if (!context) return fail("--context: expected a readable file");
    const auto level = parsed.options.find("level");
    const bool named = level != parsed.options.end();
    if (named && level->second != "account" && level->second != "application") {
        return fail("--level: expected account or application, not \"" + level->second + "\"");
    }
    const bool account_level = !named || level->second == "account";
    std::string error;
    const std::string text = api::explain_document(*document, *context, account_level,
                                                   parsed.options.contains("json"), error);
    if (!error.empty()) return fail(error);
    std::cout << text << (text.ends_with('\n') ? "" : "\n");
    return 0;
}

}  // namespace redirector
