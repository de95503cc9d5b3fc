#include "redirector/load_command.hpp"

#include "redirector/account_choice.hpp"
#include "redirector/api/route.hpp"
#include "redirector/background.hpp"
#include "redirector/bulk_load.hpp"
#include "redirector/failure.hpp"
#include "redirector/json_text.hpp"
#include "redirector/store/ids.hpp"

#include <csignal>
#include <fcntl.h>
#include <memory>
#include <sys/stat.h>
#include <unistd.h>

namespace redirector {
namespace {

volatile std::sig_atomic_t stopping = 0;

// The second one ends the process, which loses nothing either.
void stop_on(int number) {
    stopping = 1;
    std::signal(number, SIG_DFL);
}

struct Job {
    std::string input;
    std::string output;
    std::string place_file;
    LoadPlace place;
    bool json = false;
    int descriptor = -1;
    std::FILE* out = nullptr;
    LoadCounts counts;
    bool complete = false;
};

std::string option_of(const ParsedConfig& parsed, const std::string& name) {
    const auto found = parsed.options.find(name);
    return found == parsed.options.end() ? std::string() : found->second;
}

// Text says what is wrong.
std::string read_options(const ParsedConfig& parsed, Job& job) {
    job.json = parsed.options.contains("json");
    job.input = option_of(parsed, "ndjson");
    if (job.input.empty()) return "--ndjson: expected a file, or - for standard input";
    job.output = option_of(parsed, "output");
    job.place_file = option_of(parsed, "place");
    if (job.place_file.empty() && job.input != "-") job.place_file = job.input + ".place";
    const std::string account = option_of(parsed, "account");
    const auto text = job.place_file.empty() ? std::nullopt : read_place_file(job.place_file);
    if (text) {
        const auto place = parse_load_place(*text);
        if (!place)
            return "--place: \"" + job.place_file + "\" is not a place that this program wrote";
        if (!account.empty() && account != place->account)
            return "--place: \"" + job.place_file + "\" belongs to account " + place->account;
        job.place = *place;
        return {};
    }
    job.place.account = account;
    job.place.seed = store::new_guid();
    return {};
}

// Output that is continued ends where the place says: what was written behind it comes again.
std::string open_files(Job& job) {
    job.descriptor =
        job.input == "-" ? ::dup(STDIN_FILENO) : ::open(job.input.c_str(), O_RDONLY | O_CLOEXEC);
    if (job.descriptor < 0) return "--ndjson: cannot read \"" + job.input + "\"";
    if (job.output.empty()) {
        if (job.place.output_bytes > 0)
            return "--output: the load was begun with one; name the same file";
        return {};
    }
    const bool continued = job.place.output_bytes > 0;
    job.out = std::fopen(job.output.c_str(), continued ? "r+b" : "wb");
    const auto bytes = static_cast<off_t>(job.place.output_bytes);
    const bool ready = job.out != nullptr && std::fseek(job.out, 0, SEEK_END) == 0 &&
                       std::ftell(job.out) >= bytes && ::ftruncate(fileno(job.out), bytes) == 0 &&
                       std::fseek(job.out, 0, SEEK_END) == 0;
    if (ready) return {};
    return "--output: cannot write \"" + job.output + "\"" +
           (continued ? " from where --place says" : "");
}

void close_files(Job& job) {
    if (job.descriptor >= 0) ::close(job.descriptor);
    if (job.out != nullptr) std::fclose(job.out);
}

Awaitable<std::string> do_load(store::RedisClient& redis,
                               store::RedisClient& scan_redis,
                               const Config& config,
                               Job& job) {
    std::string failure = co_await choose_account(redis, job.place.account);
    if (!failure.empty()) co_return failure;
    struct stat about {};
    const bool sized = ::fstat(job.descriptor, &about) == 0 && S_ISREG(about.st_mode);
    auto input = std::make_unique<LoadInput>(job.descriptor, api::kJsonBody, stopping);
    LoadOrder order{config,
                    job.place,
                    job.place_file,
                    job.out,
                    sized ? static_cast<std::uint64_t>(about.st_size) : 0,
                    !job.json && isatty(STDERR_FILENO) != 0};
    BulkLoad load(redis, scan_redis, std::move(order), *input);
    failure = co_await load.run();
    job.counts = load.counts();
    job.place = load.place();
    job.complete = failure.empty() && load.at_end();
    co_return failure;
}

void print_counts(const Job& job) {
    const auto of = [&job](LineFate fate) {
        return static_cast<unsigned long long>(job.counts[fate]);
    };
    const auto lines = static_cast<unsigned long long>(job.counts.lines);
    const char* const format =
        job.json ? "{\"account\":%s,\"lines\":%llu,\"created\":%llu,\"existing\":%llu,"
                   "\"duplicates\":%llu,\"refused\":%llu,\"complete\":%s}\n"
                 : "account %s: %llu lines, %llu created, %llu existed, %llu duplicates, %llu "
                   "refused%s\n";
    const std::string account = job.json ? quote_json(job.place.account) : job.place.account;
    const char* const end = job.json ? (job.complete ? "true" : "false") : "";
    std::printf(format, account.c_str(), lines, of(LineFate::created), of(LineFate::existing),
                of(LineFate::duplicate), of(LineFate::refused), end);
}

std::string unfinished(const Job& job) {
    const std::string where = "after line " + std::to_string(job.place.lines);
    return where + (job.place_file.empty()
                        ? "; without --place a second run would draw short IDs anew"
                        : "; the same command goes on from there");
}

}  // namespace

int run_load(const ParsedConfig& parsed) {
    Job job;
    std::string failure = read_options(parsed, job);
    if (failure.empty()) failure = open_files(job);
    if (!failure.empty()) {
        close_files(job);
        return fail(failure);
    }
    for (const int number : {SIGINT, SIGTERM})
        std::signal(number, stop_on);
    Background background;
    store::RedisPlaces places;
    failure = background.find_redis(*parsed.config, true, places);
    if (failure.empty()) {
        const auto work = [&parsed, &job](store::RedisClient& redis,
                                          store::RedisClient& scan_redis) {
            return do_load(redis, scan_redis, *parsed.config, job);
        };
        failure = background.with_redis(places, work);
    }
    close_files(job);
    if (job.counts.lines > 0 || failure.empty()) print_counts(job);
    if (!failure.empty())
        return fail(failure + (job.counts.lines > 0 ? "; it ended " + unfinished(job) : ""));
    if (!job.complete) return fail("stopped " + unfinished(job));
    const bool clean = job.counts[LineFate::duplicate] == 0 && job.counts[LineFate::refused] == 0;
    return clean ? 0 : 1;
}

}  // namespace redirector
