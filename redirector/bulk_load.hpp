// Many redirections from lines of JSON, into one account of the store, batch after batch.
// Shape:   a line is what POST /redirections takes, and is checked as there. One whose short ID is
//          there already, with the same content, counts as existing; with other content it is a
//          duplicate, which is reported and left alone. Empty lines are passed over.
// Memory:  one batch: 1000 lines, or 1 MiB of them and one more.
// Errors:  run() answers a sentence. Whatever ends it, the place says where to go on, and going on
//          neither loses a line nor makes one twice.
// Threads: on the I/O thread of the client.
#pragma once

#include "redirector/api/errors.hpp"
#include "redirector/async.hpp"
#include "redirector/config.hpp"
#include "redirector/load_input.hpp"
#include "redirector/load_place.hpp"
#include "redirector/progress_bar.hpp"
#include "redirector/store/redirections.hpp"

#include <array>
#include <cstdio>
#include <string>
#include <vector>

namespace redirector {

enum class LineFate : std::uint8_t { created, existing, duplicate, refused, passed_over };

struct LoadCounts {
    std::uint64_t lines = 0;  // of this run
    std::array<std::uint64_t, 5> of{};

    std::uint64_t operator[](LineFate fate) const { return of[static_cast<std::size_t>(fate)]; }
};

struct LoadOrder {
    const Config& config;
    LoadPlace place;         // where to begin; with account and seed
    std::string place_file;  // empty: none is kept
    std::FILE* output;       // a JSON object for each line; null: none
    std::uint64_t size = 0;  // bytes of the input; 0: not known
    bool show_bar = false;
};

class BulkLoad {
  public:
    // `scan_redis` holds hits; often it is the other one.
    BulkLoad(store::RedisClient& redis,
             store::RedisClient& scan_redis,
             LoadOrder order,
             LoadInput& input);

    // Until the input ends or is stopped; text says what failed.
    Awaitable<std::string> run();

    const LoadCounts& counts() const { return counts_; }
    const LoadPlace& place() const { return place_; }
    bool at_end() const { return ended_; }  // all of the input is done, if run() did not fail

  private:
    struct Line;
    using Batch = std::vector<Line>;

    std::string skip_done();
    std::string gather(Batch& batch);
    Line read_line(Read read, const std::string& text);
    Awaitable<bool> send(Batch& batch);
    Awaitable<std::vector<store::Creation>> create(
        const std::vector<store::StoredRedirection>& wanted);
    bool settle(Line& line, const store::Creation& creation, bool twin) const;
    std::string keep(const Batch& batch);
    void report(const Line& line);
    void show_bar(bool last);

    store::RedisClient& redis_;
    store::RedisClient& scan_redis_;
    LoadOrder order_;
    LoadInput& input_;
    LoadPlace place_;
    ProgressBar bar_;
    LoadCounts counts_;
    std::uint64_t number_ = 0;  // of the line last read, from 1
    bool ended_ = false;
};

}  // namespace redirector
