#include "redirector/action_commands.hpp"

#include "redirector/account_choice.hpp"
#include "redirector/action_export.hpp"
#include "redirector/api/action_lines.hpp"
#include "redirector/background.hpp"
#include "redirector/failure.hpp"
#include "redirector/progress_bar.hpp"

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <memory>
#include <optional>
#include <unistd.h>

namespace redirector {
namespace {

using Clock = std::chrono::steady_clock;
using Timer = net::basic_waitable_timer<Clock, net::wait_traits<Clock>, Executor>;

constexpr std::chrono::milliseconds kLookEvery{250};
constexpr std::uint64_t kEntriesPerPlace = 1000;  // written before the place is

volatile std::sig_atomic_t stopping = 0;

struct Job {
    ExportPlace place;
    std::string place_file;  // empty: none
    std::string output;      // empty: standard output
    std::string type;        // empty: all
    bool csv = false;
    bool follow = false;
    bool resumed = false;
    std::FILE* out = stdout;
    std::uint64_t actions = 0;
};

std::string option_of(const ParsedConfig& parsed, const std::string& name) {
    const auto found = parsed.options.find(name);
    return found == parsed.options.end() ? std::string() : found->second;
}

// Text says what is wrong.
std::string read_options(const ParsedConfig& parsed, Job& job) {
    const std::string format = option_of(parsed, "format");
    if (!format.empty() && format != "ndjson" && format != "csv")
        return "--format: \"" + format + "\" is not one of ndjson, csv";
    job.csv = format == "csv";
    job.type = option_of(parsed, "type");
    job.output = option_of(parsed, "output");
    job.place_file = option_of(parsed, "place");
    job.place.account = option_of(parsed, "account");
    std::ifstream file(job.place_file);
    if (job.place_file.empty() || !file) return {};
    const std::string text{std::istreambuf_iterator<char>(file), {}};
    const auto place = parse_export_place(text);
    if (!place) return "--place: \"" + job.place_file + "\" is not a place that this program wrote";
    if (!job.place.account.empty() && job.place.account != place->account)
        return "--place: \"" + job.place_file + "\" belongs to account " + place->account;
    job.place = *place;
    job.resumed = true;
    return {};
}

// A file that is continued ends where the place says: what was written behind it comes again.
std::string open_output(Job& job) {
    if (job.output.empty()) return {};
    job.out = std::fopen(job.output.c_str(), job.resumed ? "r+b" : "wb");
    const auto bytes = static_cast<off_t>(job.place.bytes);
    const bool ready = job.out != nullptr && std::fseek(job.out, 0, SEEK_END) == 0 &&
                       std::ftell(job.out) >= bytes && ::ftruncate(fileno(job.out), bytes) == 0 &&
                       std::fseek(job.out, 0, SEEK_END) == 0;
    if (ready) return {};
    return "--output: cannot write \"" + job.output + "\"" +
           (job.resumed ? " from where --place says" : "");
}

// False: it could not be written.
bool save_place(Job& job) {
    if (std::fflush(job.out) != 0) return false;
    if (job.place_file.empty()) return true;
    const std::string fresh = job.place_file + ".new";
    std::ofstream file(fresh, std::ios::binary);
    file << to_text(job.place);
    file.close();
    return file && std::rename(fresh.c_str(), job.place_file.c_str()) == 0;
}

bool write_text(Job& job, std::string_view text) {
    job.place.bytes += text.size();
    return std::fwrite(text.data(), 1, text.size(), job.out) == text.size();
}

bool write_entry(Job& job, const ActionExport::Entry& entry, facts::AgentFactsCache& agents) {
    const auto records = scan::unpack(entry.value);
    std::string lines;
    for (unsigned index = 0; records && index < records->size(); ++index) {
        if ((*records)[index].empty()) continue;  // removed
        const auto scan = scan::decode((*records)[index]);
        if (!scan || (!job.type.empty() && api::type_of(*scan) != job.type)) continue;
        const scan::Position position{entry.bucket, entry.id, index};
        (job.csv ? api::append_action_csv : api::append_action_json)(position, *scan, agents,
                                                                     lines);
        ++job.actions;
    }
    job.place.last[entry.bucket] = entry.id;
    return write_text(job, lines);
}

// A bar where somebody looks: on a terminal that the actions themselves do not go to.
bool shows_bar(const Job& job) {
    return !job.follow && isatty(STDERR_FILENO) != 0 &&
           (!job.output.empty() || isatty(STDOUT_FILENO) == 0);
}

double part_of(std::uint64_t done, std::uint64_t total) {
    const std::uint64_t whole = std::max(total, done);
    return whole == 0 ? 1 : static_cast<double>(done) / static_cast<double>(whole);
}

Awaitable<void> wait_a_little() {
    const auto executor = co_await net::this_coro::executor;
    Timer timer(executor);
    timer.expires_after(kLookEvery);
    co_await timer.async_wait(use_tuple);
}

Awaitable<std::string> write_actions(store::RedisClient& redis,
                                     Job& job,
                                     facts::AgentFactsCache& agents) {
    const std::string unwritten =
        "cannot write " + (job.output.empty() ? "standard output" : "\"" + job.output + "\"") +
        (job.place_file.empty() ? "" : ", or \"" + job.place_file + "\"");
    auto actions = std::make_unique<ActionExport>(redis, job.place);
    if (job.follow && !job.resumed) {
        const bool skipped = co_await actions->skip_to_end();
        if (!skipped) co_return std::string("the store does not answer");
        job.place = actions->place();
    }
    if (job.csv && !job.resumed && !write_text(job, api::action_csv_header())) co_return unwritten;
    const auto total = co_await actions->count();
    ProgressBar bar(shows_bar(job), "actions");
    std::uint64_t entries = 0;
    while (stopping == 0) {
        const auto entry = co_await actions->next();
        if (entry) {
            if (!write_entry(job, *entry, agents)) co_return unwritten;
            bar.show(part_of(++entries, total.value_or(0)), job.actions);
            if (entries % kEntriesPerPlace == 0 && !save_place(job)) co_return unwritten;
            continue;
        }
        if (!save_place(job)) co_return unwritten;
        if (!job.follow && actions->failed()) co_return std::string("the store does not answer");
        if (!job.follow) break;
        // A store that is away is waited for.
        if (actions->failed()) actions = std::make_unique<ActionExport>(redis, job.place);
        co_await wait_a_little();
    }
    bar.show(part_of(entries, total.value_or(0)), job.actions, true);
    co_return save_place(job) ? std::string() : unwritten;
}

Awaitable<std::string> do_job(store::RedisClient& redis,
                              store::RedisClient& scan_redis,
                              Job& job,
                              facts::AgentFactsCache& agents) {
    std::string failure = co_await choose_account(redis, job.place.account);
    if (failure.empty()) failure = open_output(job);
    if (failure.empty()) failure = co_await write_actions(scan_redis, job, agents);
    co_return failure;
}

int run(const ParsedConfig& parsed, bool follow) {
    Job job;
    job.follow = follow;
    if (std::string failure = read_options(parsed, job); !failure.empty()) return fail(failure);
    auto parser = facts::AgentParser::load();
    if (!parser) return fail(parser.error().message);
    facts::AgentFactsCache agents(*std::move(parser));
    for (const int number : {SIGINT, SIGTERM})
        std::signal(number, [](int) { stopping = 1; });
    Background background;
    store::RedisPlaces places;
    if (std::string failure = background.find_redis(*parsed.config, true, places); !failure.empty())
        return fail(failure);
    const auto work = [&job, &agents](store::RedisClient& redis, store::RedisClient& scan_redis) {
        return do_job(redis, scan_redis, job, agents);
    };
    const std::string failure = background.with_redis(places, work);
    if (!job.output.empty() && job.out != nullptr) std::fclose(job.out);
    return failure.empty() ? 0 : fail(failure);
}

}  // namespace

int run_actions_export(const ParsedConfig& parsed) {
    return run(parsed, false);
}

int run_actions_tail(const ParsedConfig& parsed) {
    return run(parsed, true);
}

}  // namespace redirector
