// RedisClient against a real redis-server: what happens when it is away, stopped, slow or
// unwilling.
#include "redirector/store/redis_client.hpp"

#include "tests/store/redis_fixture.hpp"

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/write.hpp>
#include <gtest/gtest.h>

#include <thread>

namespace redirector::store {
namespace {

using namespace std::chrono_literals;
using testing::RedisServer;
using testing::run_to_end;
using testing::run_until;
using Replies = RedisResult<std::vector<RedisReply>>;

// A client on a loop that the test turns by hand.
class Client {
  public:
    explicit Client(RedisOptions options) : client_(loop.get_executor(), std::move(options)) {
        client_.start();
    }
    explicit Client(RedisAddress address) : Client(with(std::move(address))) {}

    static RedisOptions with(RedisAddress address) {
        RedisOptions options;
        options.address = std::move(address);
        options.backoff_max = 200ms;
        return options;
    }

    RedisResult<void> ready(std::chrono::milliseconds at_most = 5s) {
        return run_to_end(loop, client_.wait_ready(at_most));
    }
    RedisResult<RedisReply> execute(Command command) {
        return run_to_end(loop, client_.execute(std::move(command)));
    }
    Replies execute_all(std::vector<Command> batch) {
        return run_to_end(loop, client_.execute(std::move(batch)));
    }

    RedisClient* operator->() { return &client_; }

    net::io_context loop;

  private:
    RedisClient client_;
};

TEST(RedisClient, AnswersEveryCommandOfABatchInOrder) {
    RedisServer server;
    Client client(server.address());
    ASSERT_TRUE(client.ready());
    const auto replies =
        client.execute_all({{"SET", "k", "v"}, {"GET", "k"}, {"GET", "absent"}, {"INCR", "k"}});
    ASSERT_TRUE(replies);
    ASSERT_EQ(replies->size(), 4u);
    EXPECT_EQ((*replies)[0].text, "OK");
    EXPECT_EQ((*replies)[1].text, "v");
    EXPECT_TRUE((*replies)[2].is_nil());
    EXPECT_TRUE((*replies)[3].is_error());
    EXPECT_EQ(client->counters().commands, 4u);
    EXPECT_EQ(client->counters().in_flight, 0u);
    EXPECT_TRUE(client.execute_all(std::vector<Command>{})->empty());
}

TEST(RedisClient, RemembersForASecondWhyNothingWasWritten) {
    RedisServer server;
    Client client(server.address());
    ASSERT_TRUE(client.ready());
    ASSERT_TRUE(client.execute({"SET", "k", "v"}));
    EXPECT_EQ(client->write_refusal(), WriteRefusal::none);
    server.command({"CONFIG", "SET", "maxmemory", "1"});
    ASSERT_TRUE(client.execute({"EVAL", "return redis.call('SET', KEYS[1], 'v')", "1", "k"}));
    EXPECT_EQ(client->write_refusal(), WriteRefusal::memory);
    server.command({"CONFIG", "SET", "maxmemory", "0"});
    ASSERT_TRUE(client.execute_all({{"SET", "k", "v"}, {"INCR", "k"}}));
    EXPECT_EQ(client->write_refusal(), WriteRefusal::memory);
    std::this_thread::sleep_for(1s);
    EXPECT_EQ(client->write_refusal(), WriteRefusal::none);
}

TEST(RedisClient, WritesAllCommandsOfALoopTurnAtOnce) {
    RedisServer server;
    Client client(server.address());
    ASSERT_TRUE(client.ready());
    const auto reads = [&] {
        const std::string info = server.command({"INFO", "stats"}).text;
        return std::stoll(info.substr(info.find("total_reads_processed:") + 22));
    };
    const auto baseline_cost = [&] {
        const auto a = reads();
        return reads() - a;
    }();
    const auto before = reads();
    int answered = 0;
    for (int i = 0; i < 100; ++i) {
        ASSERT_FALSE(client->submit({{"INCR", "n"}}, 1s, [&](auto, auto) { ++answered; }));
    }
    ASSERT_TRUE(run_until(client.loop, [&] { return answered == 100; }));
    EXPECT_EQ(reads() - before, baseline_cost + 1);
    EXPECT_EQ(client.execute({"GET", "n"})->text, "100");
}

TEST(RedisClient, CarriesValuesLargerThanItsBuffers) {
    RedisServer server;
    Client client(server.address());
    ASSERT_TRUE(client.ready());
    const std::string large(5 << 20, 'x');
    ASSERT_TRUE(client.execute({"SET", "k", large}));
    EXPECT_EQ(client.execute({"GET", "k"})->text, large);
}

TEST(RedisClient, FailsAtOnceWhileThereIsNoServer) {
    RedisAddress address;
    address.kind = RedisAddress::Kind::unix_socket;
    address.path = "/nonexistent/redis.sock";
    Client client(address);
    EXPECT_EQ(client.ready(100ms).error(), boost::system::errc::no_such_file_or_directory);
    const auto begin = std::chrono::steady_clock::now();
    EXPECT_EQ(client.execute({"PING"}).error(), RedisError::disconnected);
    EXPECT_LT(std::chrono::steady_clock::now() - begin, 50ms);
    EXPECT_EQ(client->counters().errors, 1u);
}

TEST(RedisClient, ReconnectsAfterTheServerWasKilled) {
    RedisServer server;
    Client client(server.address());
    ASSERT_TRUE(client.ready());
    server.kill();
    ASSERT_TRUE(run_until(client.loop, [&] { return !client->connected(); }));
    EXPECT_EQ(client.execute({"PING"}).error(), RedisError::disconnected);
    server.start();
    ASSERT_TRUE(client.ready());
    EXPECT_EQ(client.execute({"PING"})->text, "PONG");
    EXPECT_EQ(client->counters().reconnects, 1u);
}

TEST(RedisClient, FailsWhatIsInFlightWhenTheServerDies) {
    RedisServer server;
    Client client(server.address());
    ASSERT_TRUE(client.ready());
    boost::system::error_code error;
    ASSERT_FALSE(client->submit({{"BLPOP", "nothing", "0"}}, 5s, [&](auto e, auto) { error = e; }));
    run_until(
        client.loop, [] { return false; }, 50ms);
    server.kill();
    ASSERT_TRUE(run_until(client.loop, [&] { return error.failed(); }));
    EXPECT_EQ(error, RedisError::disconnected);
}

TEST(RedisClient, DropsTheConnectionOnADeadlineAndAnswersRightAfterwards) {
    RedisServer server;
    RedisOptions options = Client::with(server.address());
    options.deadline = 100ms;
    options.connect_deadline = 100ms;
    Client client(options);
    ASSERT_TRUE(client.ready());
    server.pause();
    boost::system::error_code patient;
    ASSERT_FALSE(client->submit({{"SET", "late", "1"}}, 10s, [&](auto e, auto) { patient = e; }));
    const auto begin = std::chrono::steady_clock::now();
    EXPECT_EQ(client.execute({"GET", "k"}).error(), RedisError::deadline);
    const auto took = std::chrono::steady_clock::now() - begin;
    EXPECT_GE(took, 95ms);
    EXPECT_LT(took, 400ms);
    EXPECT_EQ(patient, RedisError::disconnected);
    EXPECT_FALSE(client->connected());
    // The stopped server's kernel still accepts connections; the greeting must not count as ready.
    EXPECT_EQ(client.ready(300ms).error(), RedisError::deadline);
    server.resume();
    ASSERT_TRUE(client.ready());
    EXPECT_EQ(client.execute({"ECHO", "mine"})->text, "mine");
}

TEST(RedisClient, SaysThatAPasswordIsWrong) {
    RedisServer server({"--requirepass", "right"});
    for (const char* password : {"wrong", ""}) {
        RedisAddress address = server.address();
        address.password = password;
        Client client(address);
        const auto begin = std::chrono::steady_clock::now();
        EXPECT_EQ(client.ready().error(), RedisError::auth) << password;
        EXPECT_LT(std::chrono::steady_clock::now() - begin, 2s);
        EXPECT_EQ(client.execute({"PING"}).error(), RedisError::auth);
        EXPECT_NE(client->last_refusal(), "");
    }
    RedisAddress address = server.address();
    address.password = "right";
    Client client(address);
    EXPECT_TRUE(client.ready());
}

TEST(RedisClient, SaysThatAPasswordWasNotWanted) {
    RedisServer server;
    RedisAddress address = server.address();
    address.password = "any";
    Client client(address);
    EXPECT_EQ(client.ready().error(), RedisError::auth);
}

TEST(RedisClient, LogsInAsANamedUserAndSelectsTheDatabase) {
    RedisServer server;
    server.command({"ACL", "SETUSER", "alice", "on", ">pw", "allkeys", "allcommands"});
    RedisAddress address = server.address();
    address.user = "alice";
    address.password = "pw";
    address.database = 3;
    Client client(address);
    ASSERT_TRUE(client.ready());
    EXPECT_EQ(client.execute({"ACL", "WHOAMI"})->text, "alice");
    EXPECT_NE(client.execute({"CLIENT", "INFO"})->text.find(" db=3 "), std::string::npos);
    address.database = 99;
    Client astray(address);
    EXPECT_EQ(astray.ready().error(), RedisError::refused);
    EXPECT_NE(astray->last_refusal().find("DB index"), std::string::npos);
}

TEST(RedisClient, BoundsWhatItQueues) {
    RedisServer server;
    RedisOptions options = Client::with(server.address());
    options.max_pending_commands = 10;
    options.max_queued_bytes = 1000;
    Client client(options);
    ASSERT_TRUE(client.ready());
    EXPECT_EQ(client.execute({"SET", "k", std::string(1000, 'x')}).error(), RedisError::overloaded);
    EXPECT_EQ(client.execute_all(std::vector<Command>(11, Command{"PING"})).error(),
              RedisError::overloaded);
    EXPECT_TRUE(client.execute_all(std::vector<Command>(10, Command{"PING"})));
}

TEST(RedisClient, HandsPushedMessagesToTheSubscriber) {
    RedisServer server;
    std::vector<RedisReply> messages;
    std::vector<RedisReply> greeting;
    RedisOptions options = Client::with(server.address());
    options.greeting = {{"CLIENT", "ID"}, {"SUBSCRIBE", "news"}};
    options.on_greeting = [&](auto replies) { greeting = std::move(replies); };
    options.on_message = [&](auto message) { messages.push_back(std::move(message)); };
    Client client(options);
    ASSERT_TRUE(client.ready());
    ASSERT_EQ(greeting.size(), 2u);
    EXPECT_GT(greeting[0].integer, 0);
    server.command({"PUBLISH", "news", "hello"});
    ASSERT_TRUE(run_until(client.loop, [&] { return !messages.empty(); }));
    EXPECT_EQ(messages[0].elements[2].text, "hello");
}

TEST(RedisClient, TellsItsStates) {
    RedisServer server;
    std::vector<RedisState> states;
    RedisOptions options = Client::with(server.address());
    options.on_state = [&](RedisState state) { states.push_back(state); };
    Client client(options);
    ASSERT_TRUE(client.ready());
    server.kill();
    ASSERT_TRUE(run_until(client.loop, [&] { return states.size() == 2; }));
    client->stop();
    EXPECT_EQ(states,
              (std::vector{RedisState::ready, RedisState::disconnected, RedisState::stopped}));
    EXPECT_EQ(client.execute({"PING"}).error(), RedisError::stopped);
}

TEST(RedisClient, FailsWhatWaitsWhenStopped) {
    RedisServer server;
    Client client(server.address());
    ASSERT_TRUE(client.ready());
    boost::system::error_code error;
    ASSERT_FALSE(client->submit({{"BLPOP", "nothing", "0"}}, 5s, [&](auto e, auto) { error = e; }));
    client->stop();
    ASSERT_TRUE(run_until(client.loop, [&] { return error.failed(); }));
    EXPECT_EQ(error, RedisError::stopped);
}

TEST(RedisClient, MayDieWithCommandsInFlight) {
    RedisServer server;
    net::io_context loop;
    RedisOptions options = Client::with(server.address());
    auto client = std::make_unique<RedisClient>(loop.get_executor(), options);
    client->start();
    ASSERT_TRUE(run_to_end(loop, client->wait_ready(5s)));
    boost::system::error_code error;
    ASSERT_FALSE(client->submit({{"BLPOP", "nothing", "0"}}, 5s, [&](auto e, auto) { error = e; }));
    client.reset();
    ASSERT_TRUE(run_until(loop, [&] { return error.failed(); }));
    EXPECT_EQ(error, RedisError::stopped);
}

// A peer that speaks something else: an HTTP server behind a mistyped port.
TEST(RedisClient, LeavesAPeerThatDoesNotSpeakRedis) {
    net::io_context loop;
    net::ip::tcp::acceptor acceptor(loop, {net::ip::make_address("127.0.0.1"), 0});
    net::ip::tcp::socket peer(loop);
    acceptor.async_accept(
        peer, [&](auto) { net::write(peer, net::buffer("HTTP/1.1 400 Bad\r\n\r\n", 20)); });
    RedisAddress address;
    address.endpoints = {{"127.0.0.1", acceptor.local_endpoint().port()}};
    RedisOptions options = Client::with(address);
    options.reconnect = false;
    RedisClient client(loop.get_executor(), options);
    client.start();
    EXPECT_EQ(run_to_end(loop, client.wait_ready(400ms)).error(), RedisError::protocol);
}

}  // namespace
}  // namespace redirector::store
