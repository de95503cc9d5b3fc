#include "redirector/commands.hpp"

#include "redirector/action_commands.hpp"
#include "redirector/api/accounts.hpp"
#include "redirector/audit_command.hpp"
#include "redirector/background.hpp"
#include "redirector/failure.hpp"
#include "redirector/json_text.hpp"
#include "redirector/load_command.hpp"
#include "redirector/qr_commands.hpp"
#include "redirector/rules_commands.hpp"
#include "redirector/serve.hpp"
#include "redirector/store/ids.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <sstream>

namespace redirector {
namespace {

std::string option_of(const ParsedConfig& parsed,
                      const std::string& name,
                      std::string fallback = "") {
    const auto found = parsed.options.find(name);
    return found == parsed.options.end() ? std::move(fallback) : found->second;
}

int run_serve(const ParsedConfig& parsed) {
    return serve(*parsed.config);
}

constexpr std::array kAccountOptions{Option{"name", "NAME", "name of the account"},
                                     Option{"email", "EMAIL", "address of its first operator"},
                                     Option{"json", "", "print one JSON object"}};

int run_account_create(const ParsedConfig& parsed) {
    const std::string name = option_of(parsed, "name");
    const bool printable =
        std::ranges::none_of(name, [](char c) { return static_cast<unsigned char>(c) < 0x20; });
    if (name.empty() || name.size() > 256 || !printable) {
        return fail("--name: expected a name of 1 to 256 printable characters");
    }
    Background background;
    store::RedisAddress address;
    if (std::string failure = background.find_redis(*parsed.config, true, address);
        !failure.empty()) {
        return fail(failure);
    }
    const api::NewAccount account = api::draw_account(name, option_of(parsed, "email"));
    const auto create = [&account](store::RedisClient& redis) {
        return api::create_account(redis, account);
    };
    if (std::string failure = background.with_redis(address, create); !failure.empty())
        return fail(failure);
    if (parsed.options.contains("json")) {
        std::printf("{\"account\":%s,\"operator\":%s,\"name\":%s,\"apiKey\":%s}\n",
                    quote_json(account.id).c_str(), quote_json(account.operator_id).c_str(),
                    quote_json(account.name).c_str(), quote_json(account.api_key).c_str());
    } else {
        std::printf(
            "account   %s\noperator  %s\nAPI key   %s\nThe key is not stored and will not be shown "
            "again.\n",
            account.id.c_str(), account.operator_id.c_str(), account.api_key.c_str());
    }
    return 0;
}

constexpr std::array kSettingsOptions{Option{"markdown", "", "as a Markdown table"}};

int run_settings(const ParsedConfig& parsed) {
    const std::string text =
        parsed.options.contains("markdown") ? settings_markdown() : options_help(Scope::serve, {});
    std::fputs(text.c_str(), stdout);
    return 0;
}

constexpr std::array kCommands{
    Command{"serve",
            "",
            "redirects, QR codes and the management API, until SIGTERM",
            {},
            Scope::serve,
            0,
            run_serve},
    Command{"account create", "--name NAME",
            "makes an account; prints its operator's API key, once", kAccountOptions, Scope::store,
            0, run_account_create},
    Command{"load", "--ndjson FILE",
            "creates many redirections; can be stopped and gone on with, none lost or made twice",
            kLoadOptions, Scope::store, 0, run_load},
    Command{"actions export", "[--account ID]",
            "writes all actions of an account, oldest first; can be stopped and gone on with",
            kExportOptions, Scope::store, 0, run_actions_export},
    Command{"actions tail", "[--account ID]", "writes actions as they come, until it is stopped",
            kTailOptions, Scope::store, 0, run_actions_tail},
    Command{"audit", "[--account ID]", "prints who changed what of an account, the newest last",
            kAuditOptions, Scope::store, 0, run_audit},
    Command{"qr sheet", "< TEXTS", "draws many codes: label sheets as a PDF, or a ZIP of images",
            kQrSheetOptions, Scope::none, 0, run_qr_sheet},
    Command{"qr", "TEXT", "draws a QR code, without a server", kQrOptions, Scope::none, 1, run_qr},
    Command{"rules eval",
            "< QUESTIONS",
            "evaluates matches, templates and rules: a JSON object per line, in and out",
            {},
            Scope::none,
            0,
            run_rules_eval},
    Command{"rules explain", "--redirector FILE --context FILE",
            "tells which rule matches a context, and why", kExplainOptions, Scope::none, 0,
            run_rules_explain},
    Command{"settings", "", "prints the settings of `serve`", kSettingsOptions, Scope::none, 0,
            run_settings},
};

std::string overview() {
    std::ostringstream text;
    text << "redirector: short URLs and QR codes that lead each scan to the right page\n\n"
            "usage: redirector COMMAND [OPTIONS]\n\n";
    for (const Command& command : kCommands) {
        std::string line = "  " + std::string(command.name) + " " + std::string(command.usage);
        line.resize(std::max<std::size_t>(line.size() + 2, 32), ' ');
        text << line << command.meaning << "\n";
    }
    text << "\n`redirector COMMAND --help` tells the options of a command; README.md shows the "
            "first minute.\n";
    return text.str();
}

std::string help_of(const Command& command) {
    return "usage: redirector " + std::string(command.name) + " " + std::string(command.usage) +
           " [OPTIONS]\n\n" + std::string(command.meaning) + "\n\n" +
           options_help(command.scope, command.options);
}

const Command* find_command(const std::vector<std::string>& arguments, std::size_t& words) {
    for (const Command& command : kCommands) {
        std::string spoken;
        words = 0;
        while (words < arguments.size() && spoken.size() < command.name.size()) {
            spoken.append(spoken.empty() ? "" : " ").append(arguments[words++]);
        }
        if (spoken == command.name) return &command;
    }
    return nullptr;
}

}  // namespace

std::span<const Command> commands() {
    return kCommands;
}

int run_command(const std::vector<std::string>& arguments,
                std::span<const std::string> environment) {
    if (!arguments.empty() && (arguments[0] == "--help" || arguments[0] == "help")) {
        std::fputs(overview().c_str(), stdout);
        return 0;
    }
    if (!arguments.empty() && arguments[0] == "--version") {
        std::puts("redirector " REDIRECTOR_VERSION);
        return 0;
    }
    std::size_t words = 0;
    const Command* const command = find_command(arguments, words);
    if (command == nullptr) {
        const std::string what =
            arguments.empty() ? "a command is missing" : "unknown command \"" + arguments[0] + "\"";
        std::fprintf(stderr, "redirector: %s\n\n%s", what.c_str(), overview().c_str());
        return 2;
    }
    store::init_ids();
    const std::vector<std::string> rest(arguments.begin() + static_cast<std::ptrdiff_t>(words),
                                        arguments.end());
    const ParsedConfig parsed =
        parse_config(command->scope, command->options, command->positional, rest, environment);
    if (parsed.options.contains("help")) {
        std::fputs(help_of(*command).c_str(), stdout);
        return 0;
    }
    if (!parsed.error.empty()) {
        std::fprintf(stderr, "redirector: %s\n`redirector %s --help` tells what is taken.\n",
                     parsed.error.c_str(), std::string(command->name).c_str());
        return 2;
    }
    return command->run(parsed);
}

}  // namespace redirector
