#include "redirector/bulk_load.hpp"

#include "redirector/api/documents.hpp"
#include "redirector/api/redirections.hpp"
#include "redirector/api/route.hpp"
#include "redirector/json_text.hpp"
#include "redirector/store/ids.hpp"

#include <algorithm>
#include <chrono>
#include <optional>
#include <unistd.h>
#include <unordered_set>

namespace redirector {
namespace {

constexpr std::size_t kLinesAtOnce = 1000;
constexpr std::size_t kBytesAtOnce = 1 << 20;
constexpr unsigned kDraws = 5;
constexpr int kTries = 6;
constexpr std::chrono::seconds kPatience{10};  // for a store that is away, each try

constexpr std::string_view kNoStore = "the store does not answer";

constexpr std::array<std::string_view, 5> kFates{"created", "existing", "duplicate", "refused", ""};

bool same_content(const store::Redirection& a, const store::Redirection& b) {
    return a.account == b.account && a.type == b.type && a.evrythng_id == b.evrythng_id &&
           a.target == b.target;
}

api::Problem too_long() {
    return {api::Code::too_large, "",
            "the line is longer than " + std::to_string(api::kJsonBody) + " bytes"};
}

}  // namespace

struct BulkLoad::Line {
    std::uint64_t number = 0;
    LineFate fate = LineFate::passed_over;
    store::StoredRedirection stored;
    api::Problems problems;          // of one that is refused, or a duplicate
    std::optional<unsigned> draw{};  // how often its short ID was drawn; nothing: it was chosen
    bool waits = false;              // for the store
};

BulkLoad::BulkLoad(store::RedisClient& redis,
                   store::RedisClient& scan_redis,
                   LoadOrder order,
                   LoadInput& input)
    : redis_(redis),
      scan_redis_(scan_redis),
      order_(std::move(order)),
      input_(input),
      place_(order_.place),
      bar_(order_.show_bar, "lines") {}

Awaitable<std::string> BulkLoad::run() {
    if (std::string failure = skip_done(); !failure.empty()) co_return failure;
    const Batch nothing;
    std::string failure = keep(nothing);  // the seed is on the disk before anything follows from it
    while (!ended_ && failure.empty()) {
        Batch batch;
        failure = gather(batch);
        if (!failure.empty() || batch.empty()) break;
        const bool sent = co_await send(batch);
        failure = sent ? keep(batch) : std::string(kNoStore);
    }
    show_bar(true);
    co_return failure;
}

// Reads over what was done before, which must still be what it was: numbers of lines count.
std::string BulkLoad::skip_done() {
    std::string text;
    while (number_ < place_.lines) {
        const Read read = input_.next(text);
        if (read == Read::stopped) return "stopped";
        if (read == Read::failed) return "--ndjson: cannot be read";
        if (read == Read::end) break;
        ++number_;
    }
    if (number_ == place_.lines && (number_ == 0 || input_.digest() == place_.digest)) return {};
    return "--ndjson: the first " + std::to_string(place_.lines) +
           " lines are not those that were loaded; lines may be added behind them alone. \"" +
           order_.place_file + "\" keeps the place: without it all lines are loaded anew";
}

// The next lines, until the batch is full, the input ends or somebody stops it.
std::string BulkLoad::gather(Batch& batch) {
    const std::uint64_t begin = input_.bytes();
    std::string text;
    while (batch.size() < kLinesAtOnce && input_.bytes() - begin < kBytesAtOnce) {
        const Read read = input_.next(text);
        if (read == Read::failed) return "--ndjson: cannot be read";
        ended_ = read == Read::end;
        if (ended_ || read == Read::stopped) return {};
        batch.push_back(read_line(read, text));
    }
    return {};
}

BulkLoad::Line BulkLoad::read_line(Read read, const std::string& text) {
    Line line;
    line.number = ++number_;
    if (read == Read::too_long) {
        line.problems.push_back(too_long());
    } else if (text.find_first_not_of(" \t\r") == text.npos) {
        return line;
    } else {
        api::NewRedirection made = api::read_new_redirection(order_.config, text);
        line.stored = std::move(made.stored);
        line.problems = std::move(made.problems);
    }
    line.waits = line.problems.empty();
    if (!line.waits) line.fate = LineFate::refused;
    if (line.waits && line.stored.short_id.empty()) line.draw = 0;
    line.stored.redirection.account = place_.account;
    line.stored.redirection.created_at = line.stored.redirection.updated_at = place_.created_at;
    return line;
}

// Sends what waits until nothing does. False: the store is away.
Awaitable<bool> BulkLoad::send(Batch& batch) {
    for (;;) {
        std::vector<Line*> waiting;
        std::vector<store::StoredRedirection> wanted;
        for (Line& line : batch) {
            if (!line.waits) continue;
            if (line.draw) {
                line.stored.short_id =
                    store::derived_short_id(place_.seed + ":" + std::to_string(line.number) + ":" +
                                            std::to_string(*line.draw));
            }
            waiting.push_back(&line);
            wanted.push_back(line.stored);
        }
        if (wanted.empty()) co_return true;
        const std::vector<store::Creation> creations = co_await create(wanted);
        std::unordered_set<std::string> seen;
        for (std::size_t i = 0; i < wanted.size(); ++i) {
            if (creations[i].outcome == store::Outcome::store_down) co_return false;
            const bool twin = !seen.insert(wanted[i].short_id).second;
            waiting[i]->waits = !settle(*waiting[i], creations[i], twin);
        }
    }
}

// Sending a batch again does no harm, so a store that is away for a while is waited for.
Awaitable<std::vector<store::Creation>> BulkLoad::create(
    const std::vector<store::StoredRedirection>& wanted) {
    store::Redirections redirections(redis_, scan_redis_);
    std::vector<store::Creation> creations = co_await redirections.create_all(wanted);
    for (int tries = 1; tries < kTries; ++tries) {
        if (creations.front().outcome != store::Outcome::store_down) break;
        const auto ready = co_await redis_.wait_ready(kPatience);
        const auto scans_ready = co_await scan_redis_.wait_ready(kPatience);
        if (!ready || !scans_ready) continue;
        creations = co_await redirections.create_all(wanted);
    }
    co_return creations;
}

// What came of the line. False: it is sent again, under another short ID. `twin`: an earlier line
// of the batch asked for the same.
bool BulkLoad::settle(Line& line, const store::Creation& creation, bool twin) const {
    const store::Redirection& wanted = line.stored.redirection;
    const auto& existing = creation.existing;
    if (creation.outcome == store::Outcome::done) {
        line.fate = LineFate::created;
        return true;
    }
    if (existing && same_content(*existing, wanted)) {
        // Of this batch's own time it is this very line, sent before the connection was lost.
        const bool own = !twin && existing->created_at == wanted.created_at;
        line.fate = own ? LineFate::created : LineFate::existing;
        return true;
    }
    // One of our own under a drawn short ID is this line as well, changed since it was made.
    const bool ours = existing && existing->account == wanted.account;
    if (line.draw && !ours && ++*line.draw < kDraws) return false;
    line.fate = LineFate::duplicate;
    line.problems.push_back({api::Code::conflict, "shortId",
                             "redirection \"" + line.stored.short_id + "\" exists already, " +
                                 (ours ? "with other content" : "in another account")});
    return true;
}

void BulkLoad::report(const Line& line) {
    ++counts_.lines;
    ++counts_.of[static_cast<std::size_t>(line.fate)];
    if (line.fate == LineFate::passed_over) return;
    for (const api::Problem& problem : line.problems) {
        bar_.clear();
        std::fprintf(stderr, "line %llu: %s%s%s\n", static_cast<unsigned long long>(line.number),
                     problem.field.c_str(), problem.field.empty() ? "" : ": ",
                     problem.message.c_str());
    }
    if (order_.output == nullptr) return;
    std::string text = "{\"line\":" + std::to_string(line.number) + ",\"status\":\"" +
                       std::string(kFates[static_cast<std::size_t>(line.fate)]) + "\"";
    if (!line.stored.short_id.empty()) text += ",\"shortId\":" + quote_json(line.stored.short_id);
    if (!line.problems.empty()) {
        const api::Problem& first = line.problems.front();
        text += ",\"field\":" + quote_json(first.field);
        text += ",\"message\":" + quote_json(first.message);
    }
    text += "}\n";
    place_.output_bytes += text.size();
    std::fwrite(text.data(), 1, text.size(), order_.output);  // failure: ferror, in keep()
}

// Reports the batch, and writes down that it is done.
std::string BulkLoad::keep(const Batch& batch) {
    for (const Line& line : batch)
        report(line);
    place_.lines = number_;
    place_.digest = input_.digest();
    // A batch that was cut off keeps its time until it is whole.
    if (!batch.empty() || place_.created_at == 0)
        place_.created_at = std::max(api::now_ms(), place_.created_at + 1);
    const bool has_place = !order_.place_file.empty();
    if (order_.output != nullptr &&
        (std::fflush(order_.output) != 0 || std::ferror(order_.output) != 0 ||
         (has_place && ::fdatasync(fileno(order_.output)) != 0)))
        return "--output: cannot be written";
    if (has_place && !save_place(place_, order_.place_file))
        return "--place: cannot write \"" + order_.place_file + "\"";
    show_bar(false);
    return {};
}

void BulkLoad::show_bar(bool last) {
    const double size = static_cast<double>(order_.size);
    const double done = static_cast<double>(input_.bytes());
    bar_.show(size > 0 ? std::optional(done / size) : std::nullopt, place_.lines, last);
}

}  // namespace redirector
