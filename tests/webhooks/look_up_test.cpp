#include "redirector/webhooks/look_up.hpp"

#include <boost/asio/co_spawn.hpp>
#include <gtest/gtest.h>

#include <exception>
#include <future>
#include <optional>
#include <thread>

namespace redirector::webhooks {
namespace {

using namespace std::chrono_literals;
using net::ip::tcp;

const tcp::endpoint kSome(net::ip::make_address("192.0.2.7"), 443);

Awaitable<void> find_into(LookUp& look_up, std::string host, std::optional<Endpoints>& found) {
    found = co_await look_up.find(std::move(host), "443");
}

void begin(net::io_context& io,
           LookUp& look_up,
           const std::string& host,
           std::optional<Endpoints>& found) {
    net::co_spawn(io, find_into(look_up, host, found), [](std::exception_ptr failure) {
        if (failure) std::rethrow_exception(failure);
    });
}

Endpoints find(LookUp& look_up, const std::string& host) {
    net::io_context io;
    std::optional<Endpoints> found;
    begin(io, look_up, host, found);
    io.run();
    return *found;
}

// A resolver that answers when the test says so; it may do so after the test.
struct Stalled {
    std::shared_ptr<std::promise<void>> answer = std::make_shared<std::promise<void>>();
    std::shared_future<void> answered = answer->get_future().share();

    Endpoints operator()(const std::string&, const std::string&) const {
        answered.wait();
        return std::vector{kSome};
    }
};

TEST(LookUp, AnswersWhatTheResolverSays) {
    LookUp look_up([](const std::string& host, const std::string& port) -> Endpoints {
        if (host != "hooks.example" || port != "443")
            return boost::system::error_code(net::error::host_not_found);
        return std::vector{kSome};
    });
    EXPECT_EQ(*find(look_up, "hooks.example"), std::vector{kSome});
    EXPECT_EQ(find(look_up, "other.example").error(), net::error::host_not_found);
}

TEST(LookUp, OfTheSystemKnowsTheLoopback) {
    LookUp look_up;
    const Endpoints loopback = find(look_up, "localhost");
    ASSERT_TRUE(loopback) << "no localhost in /etc/hosts: " << loopback.error().message();
    EXPECT_EQ(loopback->front().port(), 443);
    EXPECT_EQ(find(look_up, "192.0.2.7")->front(), kSome);
    EXPECT_FALSE(find(look_up, "a..b"));
}

TEST(LookUp, IsGivenUpInTimeAndMayEndLater) {
    const Stalled resolver;
    LookUp look_up(resolver, 30ms);
    const auto begin = std::chrono::steady_clock::now();
    EXPECT_EQ(find(look_up, "slow.example").error(), net::error::timed_out);
    EXPECT_GE(std::chrono::steady_clock::now() - begin, 30ms);
    resolver.answer->set_value();
    EXPECT_TRUE(find(look_up, "slow.example"));
}

TEST(LookUp, StallsNoOther) {
    const Stalled resolver;
    LookUp look_up(
        [resolver](const std::string& host, const std::string& port) -> Endpoints {
            return host == "slow.example" ? resolver(host, port) : std::vector{kSome};
        },
        20s);
    net::io_context io;
    std::optional<Endpoints> slow;
    std::optional<Endpoints> quick;
    begin(io, look_up, "slow.example", slow);
    begin(io, look_up, "quick.example", quick);
    while (!quick)
        io.run_one();
    EXPECT_TRUE(*quick);
    EXPECT_FALSE(slow);
    resolver.answer->set_value();
    io.run();
    EXPECT_TRUE(*slow);
}

TEST(LookUp, TakesSoManyThreadsAndNoMore) {
    const Stalled resolver;
    LookUp look_up(resolver, 1ms);
    for (std::size_t i = 0; i < kMostLookUps; ++i)
        EXPECT_EQ(find(look_up, "slow.example").error(), net::error::timed_out);
    EXPECT_EQ(find(look_up, "slow.example").error(), net::error::no_buffer_space);
    EXPECT_TRUE(find(look_up, "192.0.2.7").has_error() == false);
    resolver.answer->set_value();
    while (find(look_up, "slow.example").has_error())
        std::this_thread::sleep_for(1ms);
}

TEST(LookUp, OutlivesItsLoop) {
    const Stalled resolver;
    LookUp look_up(resolver, 20s);
    {
        net::io_context io;
        std::optional<Endpoints> found;
        begin(io, look_up, "slow.example", found);
        io.run_one();
    }
    resolver.answer->set_value();
    EXPECT_TRUE(find(look_up, "other.example"));
}

}  // namespace
}  // namespace redirector::webhooks
