// load_generator: HTTP/1.1 requests over loopback, as fast as they are answered or at a constant
// rate, with latencies counted from the time when each request was to be sent: a server that stalls
// delays the requests behind it, and their waiting counts (no "coordinated omission").
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
    "  --rate 0: a closed loop; --one 1: a new connection for each request\n";

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

class Run {
  public:
    explicit Run(const Options& options)
        : traffic_(options.text("head", ""),
                   options.text("paths", ""),
                   order_of(options.text("order", "in_turn")),
                   static_cast<std::uint64_t>(options.number("seed", "1")),
                   static_cast<std::size_t>(options.number("first", "0"))),
          batch_(static_cast<std::size_t>(options.number("pipeline", "1"))),
          interval_(options.number("rate", "0") > 0 ? 1e9 / options.number("rate", "0") : 0),
          epoll_(epoll_create1(EPOLL_CLOEXEC)) {
        const auto port = static_cast<std::uint16_t>(options.number("port", "0"));
        for (int left = static_cast<int>(options.number("connections", "64")); left > 0; --left) {
            clients_.push_back(
                std::make_unique<Client>(epoll_, port, options.number("one", "0") > 0, tally_));
        }
        measure(options.number("warm", "0.5"), options.number("seconds", "3"));
    }

    void print() const {
        const auto us = [this](double share) {
            return static_cast<double>(tally_.latency.quantile(share)) / 1e3;
        };
        std::printf("{\"requests\": %llu, \"seconds\": %.6f, \"broken\": %llu, \"bytes\": %llu, ",
                    static_cast<unsigned long long>(tally_.latency.count()), seconds_,
                    static_cast<unsigned long long>(tally_.broken),
                    static_cast<unsigned long long>(tally_.bytes));
        std::printf("\"p50\": %.1f, \"p99\": %.1f, \"p999\": %.1f, \"status\": [", us(0.5),
                    us(0.99), us(0.999));
        for (std::size_t digit = 1; digit < tally_.by_class.size(); ++digit)
            std::printf("%s%llu", digit > 1 ? ", " : "",
                        static_cast<unsigned long long>(tally_.by_class[digit]));
        std::printf("]}\n");
    }

  private:
    void measure(double warm, double seconds) {
        const std::uint64_t begin = now_ns();
        const std::uint64_t counted = begin + static_cast<std::uint64_t>(warm * 1e9);
        const std::uint64_t end = counted + static_cast<std::uint64_t>(seconds * 1e9);
        next_due_ = static_cast<double>(begin);
        std::uint64_t now = begin;
        while (now < end) {
            tally_.counting = now >= counted;
            offer(now);
            wait();
            now = now_ns();
        }
        seconds_ = static_cast<double>(now - counted) / 1e9;
    }

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

    // At a constant rate it never sleeps: waking up would be what is measured.
    void wait() {
        std::array<epoll_event, 256> events;
        const int count = epoll_wait(epoll_, events.data(), events.size(), interval_ > 0 ? 0 : 10);
        for (int at = 0; at < count; ++at)
            static_cast<Client*>(events[static_cast<std::size_t>(at)].data.ptr)->ready();
    }

    Tally tally_;
    Traffic traffic_;
    std::size_t batch_;
    double interval_;  // ns between requests; 0: a closed loop
    int epoll_;
    std::vector<std::unique_ptr<Client>> clients_;
    std::size_t turn_ = 0;
    double next_due_ = 0;
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
