// A real redis-server of the test's own, and the shipper's sink over a plain connection to it.
#pragma once

#include "redirector/scan/sink.hpp"
#include "tests/scan/child.hpp"
#include "tests/scan/scans.hpp"

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

struct redisContext;

namespace redirector::scan::testing {

// Listens on a Unix socket in a temporary folder only; append-only file, written at once to the
// kernel.
class RedisServer {
  public:
    RedisServer();  // started
    ~RedisServer();

    void start();  // repairs the append-only file first, as every start of the product does
    void kill();   // SIGKILL, and waits
    void freeze() { child_->signal(kStop); }
    void thaw() { child_->signal(kContinue); }
    // Of the append-only files while the server is down.
    void save_files(const std::filesystem::path& to) const;
    void restore_files(const std::filesystem::path& from) const;

    std::string socket() const { return folder_.path() / "s"; }
    const std::filesystem::path& folder() const { return folder_.path(); }

  private:
    static const int kStop;
    static const int kContinue;
    TemporaryFolder folder_;
    std::unique_ptr<Child> child_;
};

// One connection with a deadline, made anew when it broke.
class RedisSink : public Sink {
  public:
    explicit RedisSink(std::string socket) : socket_(std::move(socket)) {}
    ~RedisSink() override;

    Awaitable<boost::system::error_code> exchange(std::span<const Command> commands,
                                                  std::vector<Answer>& answers) override;
    std::uint64_t generation() const noexcept override { return generation_; }

    // The same, at once.
    bool send(std::span<const Command> commands, std::vector<Answer>& answers);
    // One command; "" for nil, "-..." for an error or a lost connection. Arrays: the items, each
    // followed by a newline.
    std::string ask(const std::vector<std::string>& words);

  private:
    bool connect();
    void disconnect();

    std::string socket_;
    redisContext* connection_ = nullptr;
    std::uint64_t generation_ = 1;
};

// All that Redis holds of scans, over all accounts.
struct Recorded {
    std::map<std::uint64_t, int> times;                // Scan::time_ms -> how often
    std::map<std::string, std::uint64_t> by_short_id;  // from the streams
    std::map<std::string, std::uint64_t> hits;         // from the counters
    std::map<std::string, std::uint64_t> by_hour;      // from the statistics; "": of accounts
    std::uint64_t entries = 0;
    std::uint64_t records = 0;
};
Recorded recorded(const RedisServer& server);

}  // namespace redirector::scan::testing
