// Kills, stops and sets back the server and Redis at random moments under a bounded load, and then
// asks whether each scan that was acknowledged is in Redis once, and hits agree. Usage: scan_chaos
// [SEED [SEEDS [SECONDS]]]: seeds SEED, SEED + 1 ... (default 1, one of them), each for SECONDS
// (3). Prints a line for each seed and every event of one that fails. Exit status 0: none failed.
#include "tests/scan/child.hpp"
#include "tests/scan/redis.hpp"
#include "tests/scan/scans.hpp"
#include "tests/scan/shipping.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <fcntl.h>
#include <filesystem>
#include <memory>
#include <random>
#include <string>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>
#include <vector>

namespace redirector::scan::testing {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

// Numbers that one life of the server acknowledged.
struct Life {
    std::uint64_t first = 0;
    std::uint64_t last = 0;  // first - 1: none
};

class Chaos {
  public:
    Chaos(unsigned seed, std::chrono::seconds time) : random_(seed), time_(time) {}

    // What is wrong at the end; empty: nothing.
    std::string run();

    const std::vector<std::string>& events() const { return events_; }
    std::uint64_t acknowledged() const {
        std::uint64_t sum = 0;
        for (const Life& life : lives_)
            sum += life.last + 1 - life.first;
        return sum;
    }

  private:
    unsigned below(unsigned n) { return static_cast<unsigned>(random_() % n); }
    void note(const std::string& event) { events_.push_back(event); }

    void start_server();
    void await_end();
    void kill_server();
    void set_redis_back();
    void cut_tail();
    void event();
    std::string check() const;

    std::mt19937 random_;
    const std::chrono::seconds time_;
    std::vector<std::string> events_;
    TemporaryFolder folder_;
    RedisServer redis_;
    std::unique_ptr<Child> server_;
    std::thread reader_;
    std::vector<Life> lives_;
    std::atomic<std::uint64_t> acknowledged_{0};  // last by the server that runs; 0: nothing yet
    bool saved_ = false;
};

void Chaos::start_server() {
    // One number is left out: the dead server may have kept it without a word.
    const std::uint64_t first = lives_.empty() ? 1 : lives_.back().last + 2;
    lives_.push_back({first, first - 1});
    acknowledged_ = 0;
    const char* level = below(4) == 0 ? "interval" : "process";
    server_ = std::make_unique<Child>(
        std::vector<std::string>{SCAN_SHIP_CHILD, folder_.path() / "spool", redis_.socket(),
                                 std::to_string(first), level},
        true);
    reader_ = std::thread([this] {
        std::uint64_t number = 0;
        while (::read(server_->output(), &number, sizeof number) == sizeof number)
            acknowledged_ = lives_.back().last = number;
    });
}

void Chaos::await_end() {
    reader_.join();
}

void Chaos::kill_server() {
    server_->signal(SIGKILL);
    server_->wait();
    await_end();
    note("server killed, " + std::to_string(lives_.back().last) + " acknowledged");
}

void Chaos::set_redis_back() {
    redis_.kill();
    if (saved_) {
        redis_.restore_files(folder_.path() / "older");
        note("redis set back");
    } else {
        redis_.save_files(folder_.path() / "older");
        note("redis saved");
    }
    saved_ = !saved_;
    redis_.start();
}

// As after a power loss: the last bytes never reached the disk.
void Chaos::cut_tail() {
    redis_.kill();
    for (const auto& entry : fs::directory_iterator(redis_.folder() / "appendonlydir")) {
        if (!entry.path().string().ends_with(".incr.aof")) continue;
        const auto size = entry.file_size();
        const auto cut = std::min<std::uintmax_t>(size, below(30'000));
        fs::resize_file(entry.path(), size - cut);
        note("redis killed, " + std::to_string(cut) + " bytes cut");
    }
    redis_.start();
}

void Chaos::event() {
    switch (below(6)) {
        case 0:
            kill_server();
            start_server();
            break;
        case 1:
            redis_.kill();
            note("redis killed");
            std::this_thread::sleep_for(std::chrono::milliseconds(below(300)));
            redis_.start();
            break;
        case 2:
            redis_.kill();
            kill_server();
            note("both");
            start_server();
            std::this_thread::sleep_for(std::chrono::milliseconds(below(100)));
            redis_.start();
            break;
        case 3:
            note("redis stopped");
            redis_.freeze();
            std::this_thread::sleep_for(std::chrono::milliseconds(below(700)));
            redis_.thaw();
            break;
        case 4:
            set_redis_back();
            break;
        default:
            cut_tail();
            break;
    }
}

std::string Chaos::run() {
    start_server();
    const auto until = std::chrono::steady_clock::now() + time_;
    while (std::chrono::steady_clock::now() < until) {
        std::this_thread::sleep_for(std::chrono::milliseconds(20 + below(200)));
        event();
    }
    // One that has only just started would die of the signal instead of taking it.
    for (int i = 0; i < 2000 && acknowledged_ == 0; ++i)
        std::this_thread::sleep_for(5ms);
    server_->signal(SIGTERM);
    const int status = server_->wait();
    await_end();
    const std::string wrong = check();
    if (status == 0) return wrong;
    return "the server ended with status " + std::to_string(WEXITSTATUS(status)) + "; " +
           (wrong.empty() ? "all is recorded once" : wrong);
}

std::string Chaos::check() const {
    const Recorded all = recorded(redis_);
    std::uint64_t lost = 0;
    std::uint64_t doubled = 0;
    std::uint64_t unasked = 0;
    for (const Life& life : lives_)
        for (std::uint64_t n = life.first; n <= life.last; ++n)
            lost += !all.times.contains(n);
    for (const auto& [number, count] : all.times) {
        doubled += count > 1;
        unasked += std::none_of(lives_.begin(), lives_.end(), [n = number](const Life& life) {
            return n >= life.first && n <= life.last + 1;
        });
    }
    if (lost + doubled + unasked > 0)
        return std::to_string(lost) + " lost, " + std::to_string(doubled) + " doubled, " +
               std::to_string(unasked) + " never appended";
    return all.hits == all.by_short_id ? difference_of_hours(all) : "hits differ from the records";
}

int main(unsigned first, unsigned seeds, std::chrono::seconds time) {
    int failed = 0;
    for (unsigned seed = first; seed < first + seeds; ++seed) {
        Chaos chaos(seed, time);
        const std::string wrong = chaos.run();
        std::printf("seed %u: %llu scans, %zu events: %s\n", seed,
                    static_cast<unsigned long long>(chaos.acknowledged()), chaos.events().size(),
                    wrong.empty() ? "each recorded once" : wrong.c_str());
        if (wrong.empty()) continue;
        ++failed;
        for (const std::string& event : chaos.events())
            std::printf("    %s\n", event.c_str());
    }
    return failed == 0 ? 0 : 1;
}

}  // namespace
}  // namespace redirector::scan::testing

int main(int argc, char** argv) {
    const auto number = [&](int i, unsigned otherwise) {
        return argc > i ? static_cast<unsigned>(std::strtoul(argv[i], nullptr, 10)) : otherwise;
    };
    return redirector::scan::testing::main(number(1, 1), number(2, 1),
                                           std::chrono::seconds(number(3, 3)));
}
