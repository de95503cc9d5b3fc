// load_generator: HTTP/1.1 requests over loopback, as fast as they are answered or at a constant
// rate, with latencies counted from the time when each request was to be sent: a server that stalls
// delays the requests behind it, and their waiting counts (no "coordinated omission").
// Two loads at once are two streams of this one thread: two processes that never sleep would take
// turns on their core, and their waiting be measured.
// Prints one JSON object. Usage: see kUsage; run by bench/load/run.py.
#include "bench/load/generator/client.hpp"
#include "bench/load/generator/traffic.hpp"

#include <cstdio>
#include <cstdlib>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <sys/epoll.h>
#include <vector>

namespace load {
namespace {

constexpr const char* kUsage =
    "usage: load_generator --port N --head FILE --paths FILE [--order in_turn|uniform|zipf]\n"
    "  [--seconds S] [--warm S] [--connections N] [--pipeline N] [--rate N] [--one 1] [--seed N] "
    "[--first N]\n"
    "  [--side FILE --side_rate N [--side_connections N]]\n"
    "  --rate 0: a closed loop; --one 1: a new connection for each request; --side: paths that "
    "are\n"
    "  asked for meanwhile, in a constant rate; of them only the statuses are told\n";

struct Options {
    std::map<std::string, std::string, std::less<>> given;

    std::string text(std::string_view name, const char* fallback) const {
        const auto found = given.find(name);
        return found == given.end() ? fallback : found->second;
    }
    double number(std::string_view name, const char* fallback) const {
        return std::strtod(text(name, fallback).c_str(), nullptr);
    }
};

Order order_of(const std::string& name) {
    if (name == "uniform") return Order::uniform;
    return name == "zipf" ? Order::zipf : Order::in_turn;
}

// Requests of one kind on connections of their own.
class Stream {
  public:
    // `rate`: requests per second; 0: a closed loop.
    Stream(int epoll, const Options& options, Traffic traffic, double rate, double connections)
        : traffic_(std::move(traffic)),
          batch_(static_cast<std::size_t>(options.number("pipeline", "1"))),
          interval_(rate > 0 ? 1e9 / rate : 0) {
        const auto port = static_cast<std::uint16_t>(options.number("port", "0"));
        for (int left = static_cast<int>(connections); left > 0; --left) {
            clients_.push_back(
                std::make_unique<Client>(epoll, port, options.number("one", "0") > 0, tally_));
        }
    }

    bool at_constant_rate() const { return interval_ > 0; }
    const Tally& tally() const { return tally_; }
    void begin(std::uint64_t now) { next_due_ = static_cast<double>(now); }
    void count(bool counting) { tally_.counting = counting; }

    // Gives every idle connection its next requests, as far as they are due.
    void offer(std::uint64_t now) {
        for (std::size_t tried = 0; tried < clients_.size(); ++tried) {
            if (interval_ > 0 && next_due_ > static_cast<double>(now)) return;
            Client& client = *clients_[turn_++ % clients_.size()];
            if (!client.idle()) continue;
            for (std::size_t in_batch = 0; in_batch < batch_; ++in_batch) {
                traffic_.append(client.output());
                client.add_due(interval_ > 0 ? static_cast<std::uint64_t>(next_due_) : now);
                next_due_ += interval_;
            }
            client.send();
        }
    }

  private:
    Tally tally_;
    Traffic traffic_;
    std::size_t batch_;
    double interval_;  // ns between requests; 0: a closed loop
    std::vector<std::unique_ptr<Client>> clients_;
    std::size_t turn_ = 0;
    double next_due_ = 0;
};

class Run {
  public:
    explicit Run(const Options& options) : epoll_(epoll_create1(EPOLL_CLOEXEC)) {
        const auto seed = static_cast<std::uint64_t>(options.number("seed", "1"));
        const std::string head = options.text("head", "");
        streams_.push_back(std::make_unique<Stream>(
            epoll_, options,
            Traffic(head, options.text("paths", ""), order_of(options.text("order", "in_turn")),
                    seed, static_cast<std::size_t>(options.number("first", "0"))),
            options.number("rate", "0"), options.number("connections", "64")));
        if (const std::string side = options.text("side", ""); !side.empty()) {
            streams_.push_back(std::make_unique<Stream>(
                epoll_, options, Traffic(head, side, Order::in_turn, seed + 1, 0),
                options.number("side_rate", "0"), options.number("side_connections", "8")));
        }
        measure(options.number("warm", "0.5"), options.number("seconds", "3"));
    }

    void print() const {
        const Tally& tally = streams_.front()->tally();
        const auto us = [&tally](double share) {
            return static_cast<double>(tally.latency.quantile(share)) / 1e3;
        };
        std::printf("{\"requests\": %llu, \"seconds\": %.6f, \"broken\": %llu, \"bytes\": %llu, ",
                    static_cast<unsigned long long>(tally.latency.count()), seconds_,
                    static_cast<unsigned long long>(tally.broken),
                    static_cast<unsigned long long>(tally.bytes));
        std::printf("\"p50\": %.1f, \"p99\": %.1f, \"p999\": %.1f, ", us(0.5), us(0.99), us(0.999));
        if (streams_.size() > 1) {
            std::printf("\"side\": ");
            print_statuses(streams_.back()->tally());
            std::printf(", ");
        }
        std::printf("\"status\": ");
        print_statuses(tally);
        std::printf("}\n");
    }

  private:
    // How many replies there were of each class of status, from 1xx on.
    static void print_statuses(const Tally& tally) {
        for (std::size_t digit = 1; digit < tally.by_class.size(); ++digit)
            std::printf("%s%llu", digit > 1 ? ", " : "[",
                        static_cast<unsigned long long>(tally.by_class[digit]));
        std::printf("]");
    }

    void measure(double warm, double seconds) {
        const std::uint64_t begin = now_ns();
        const std::uint64_t counted = begin + static_cast<std::uint64_t>(warm * 1e9);
        const std::uint64_t end = counted + static_cast<std::uint64_t>(seconds * 1e9);
        for (const auto& stream : streams_)
            stream->begin(begin);
        std::uint64_t now = begin;
        while (now < end) {
            for (const auto& stream : streams_) {
                stream->count(now >= counted);
                stream->offer(now);
            }
            wait();
            now = now_ns();
        }
        seconds_ = static_cast<double>(now - counted) / 1e9;
    }

    // At a constant rate it never sleeps: waking up would be what is measured.
    void wait() {
        std::array<epoll_event, 256> events;
        const int count = epoll_wait(epoll_, events.data(), events.size(),
                                     streams_.back()->at_constant_rate() ? 0 : 10);
        for (int at = 0; at < count; ++at)
            static_cast<Client*>(events[static_cast<std::size_t>(at)].data.ptr)->ready();
    }

    int epoll_;
    std::vector<std::unique_ptr<Stream>> streams_;  // what is measured, then what runs beside it
    double seconds_ = 0;
};

}  // namespace
}  // namespace load

int main(int argc, char** argv) {
    load::Options options;
    for (int at = 1; at + 1 < argc; at += 2) {
        const std::string_view name = argv[at];
        if (name.starts_with("--")) options.given.emplace(name.substr(2), argv[at + 1]);
    }
    if (argc % 2 == 0 || options.text("port", "").empty() || options.text("head", "").empty()) {
        std::fputs(load::kUsage, stderr);
        return 2;
    }
    const load::Run run(options);
    run.print();
    return 0;
}
