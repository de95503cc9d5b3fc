// EmbeddedRedis with real redis-servers: started, killed, left behind, and given damaged files.
#include "redirector/store/embedded_redis.hpp"

#include "redirector/store/child_process.hpp"
#include "tests/store/redis_fixture.hpp"

#include <gtest/gtest.h>

#include <fcntl.h>
#include <fstream>
#include <iterator>
#include <optional>
#include <signal.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

namespace redirector::store {
namespace {

using namespace std::chrono_literals;
using testing::run_to_end;
using testing::run_until;
using testing::TemporaryFolder;

Awaitable<bool> completed(Awaitable<void> work) {
    co_await std::move(work);
    co_return true;
}

Awaitable<RedisReply> ask(RedisClient* client, Command command) {
    const auto ready = co_await client->wait_ready(10s);
    if (!ready) co_return RedisReply{};
    const auto reply = co_await client->execute(std::move(command));
    if (!reply) co_return RedisReply{};
    co_return *reply;
}

class EmbeddedRedisTest : public ::testing::Test {
  protected:
    EmbeddedRedisOptions options() {
        EmbeddedRedisOptions options;
        options.data_dir = folder.path() / "data";
        options.on_event = [this](std::string_view line) { events += std::string(line) + "\n"; };
        return options;
    }
    EmbeddedRedis& make() {
        return *(redis = std::make_unique<EmbeddedRedis>(loop.get_executor(), options()));
    }
    // The error's text, or nothing.
    std::string start(EmbeddedRedis& which) {
        const auto started = run_to_end(loop, which.start());
        return started ? "" : started.error().message;
    }
    void stop(EmbeddedRedis& which) { run_to_end(loop, completed(which.stop())); }
    RedisReply command(Command command) {
        RedisOptions client_options;
        client_options.address = EmbeddedRedis::address(options().data_dir);
        RedisClient client(loop.get_executor(), client_options);
        client.start();
        return run_to_end(loop, ask(&client, std::move(command)));
    }
    std::filesystem::path home() { return options().data_dir / "redis"; }
    std::filesystem::path aof() { return home() / "appendonlydir" / "appendonly.aof.1.incr.aof"; }

    TemporaryFolder folder;
    net::io_context loop;
    std::string events;
    std::unique_ptr<EmbeddedRedis> redis;
};

TEST_F(EmbeddedRedisTest, StartsKeepsDataAndStops) {
    make();
    ASSERT_EQ(start(*redis), "");
    EXPECT_GT(redis->pid(), 0);
    EXPECT_EQ(command({"SET", "k", "v"}).text, "OK");
    struct stat status {};
    ASSERT_EQ(::stat(home().c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 0777, 0700u);
    const pid_t pid = redis->pid();
    stop(*redis);
    EXPECT_EQ(redis->pid(), 0);
    EXPECT_EQ(::kill(pid, 0), -1);

    make();
    ASSERT_EQ(start(*redis), "");
    EXPECT_EQ(command({"GET", "k"}).text, "v");
    EXPECT_EQ(command({"CONFIG", "GET", "appendfsync"}).elements.at(1).text, "everysec");
    EXPECT_EQ(command({"CONFIG", "GET", "save"}).elements.at(1).text, "");
    EXPECT_EQ(command({"CONFIG", "GET", "port"}).elements.at(1).text, "0");
    stop(*redis);
    EXPECT_EQ(events, "");
}

TEST_F(EmbeddedRedisTest, IsStartedAgainWhenItDies) {
    make();
    ASSERT_EQ(start(*redis), "");
    command({"SET", "k", "v"});
    const pid_t first = redis->pid();
    ::kill(first, SIGKILL);
    ASSERT_TRUE(run_until(loop, [&] { return redis->restarts() == 1 && redis->pid() > 0; }));
    EXPECT_NE(redis->pid(), first);
    EXPECT_EQ(command({"GET", "k"}).text, "v");
    EXPECT_NE(events.find("was killed by signal 9"), std::string::npos) << events;
    stop(*redis);
}

TEST_F(EmbeddedRedisTest, KeepsTwoServersOutOfOneDirectory) {
    make();
    ASSERT_EQ(start(*redis), "");
    EmbeddedRedis second(loop.get_executor(), options());
    const auto refused = run_to_end(loop, second.start());
    ASSERT_TRUE(refused.has_error());
    EXPECT_EQ(refused.error().kind, StartError::Kind::in_use);
    EXPECT_NE(refused.error().message.find(home().string()), std::string::npos);
    EXPECT_NE(refused.error().message.find(std::to_string(::getpid())), std::string::npos);
    EXPECT_EQ(command({"PING"}).text, "PONG");
    stop(*redis);
}

// A batch that was torn in the middle: what Redis 7.0.15 would keep of it is an open MULTI, and the
// two writes that follow would be gone after the next start.
TEST_F(EmbeddedRedisTest, CutsATornTransactionBeforeItsMulti) {
    make();
    ASSERT_EQ(start(*redis), "");
    command({"SET", "before", "1"});
    stop(*redis);
    std::ofstream(aof(), std::ios::app)
        << "*1\r\n$5\r\nMULTI\r\n*3\r\n$3\r\nSET\r\n$4\r\ntorn\r\n$1\r\n1\r\n*3\r\n$3\r\nSE";
    make();
    ASSERT_EQ(start(*redis), "");
    EXPECT_NE(events.find("append-only file repaired"), std::string::npos) << events;
    EXPECT_EQ(command({"GET", "before"}).text, "1");
    EXPECT_TRUE(command({"GET", "torn"}).is_nil());
    command({"SET", "after", "2"});
    ::kill(redis->pid(), SIGKILL);
    ASSERT_TRUE(run_until(loop, [&] { return redis->restarts() == 1 && redis->pid() > 0; }));
    EXPECT_EQ(command({"GET", "after"}).text, "2");
    EXPECT_EQ(command({"GET", "before"}).text, "1");
    stop(*redis);
}

TEST_F(EmbeddedRedisTest, RefusesAFileThatIsDamagedInTheMiddle) {
    make();
    ASSERT_EQ(start(*redis), "");
    command({"SET", "k", "v"});
    stop(*redis);
    std::ofstream(home() / "appendonlydir" / "appendonly.aof.1.base.rdb", std::ios::trunc)
        << "REDIS0010garbage";
    make();
    const std::string error = start(*redis);
    EXPECT_NE(error.find("is damaged and could not be repaired"), std::string::npos) << error;
    EXPECT_EQ(error.find('\n'), std::string::npos);
}

TEST_F(EmbeddedRedisTest, SaysWhyItCannotStart) {
    EmbeddedRedisOptions wrong = options();
    wrong.server_program = "no-such-redis-server";
    EmbeddedRedis missing(loop.get_executor(), wrong);
    EXPECT_EQ(
        start(missing),
        "cannot run no-such-redis-server: No such file or directory (Debian package redis-server)");

    wrong = options();
    wrong.server_program = "false";
    EmbeddedRedis failing(loop.get_executor(), wrong);
    EXPECT_EQ(start(failing), "redis-server ended with status 1 during its start");

    wrong = options();
    wrong.data_dir = "/proc/no";
    EmbeddedRedis unwritable(loop.get_executor(), wrong);
    EXPECT_NE(start(unwritable).find("cannot make the directory /proc/no/redis: "),
              std::string::npos);

    wrong = options();
    wrong.data_dir = folder.path() / std::string(100, 'd');
    EmbeddedRedis deep(loop.get_executor(), wrong);
    EXPECT_NE(start(deep).find("too long"), std::string::npos);

    std::filesystem::create_directories(home());
    std::ofstream(home() / "appendonlydir") << "a file where a directory should be";
    EmbeddedRedis blocked(loop.get_executor(), options());
    const std::string error = start(blocked);
    EXPECT_NE(error.find("redis-server ended with status 1 during its start: "), std::string::npos)
        << error;
}

// Runs a child of this test that starts a Redis and is then killed hard. Answers the Redis' number.
pid_t start_and_die(const EmbeddedRedisOptions& options) {
    int ends[2];
    EXPECT_EQ(::pipe(ends), 0);
    const pid_t child = ::fork();
    if (child == 0) {
        net::io_context loop;
        auto redis = std::make_unique<EmbeddedRedis>(loop.get_executor(), options);
        const bool started = run_to_end(loop, redis->start()).has_value();
        const pid_t pid = started ? redis->pid() : 0;
        [[maybe_unused]] const auto written = ::write(ends[1], &pid, sizeof pid);
        for (;;)
            ::pause();
    }
    pid_t redis = 0;
    EXPECT_EQ(::read(ends[0], &redis, sizeof redis), static_cast<ssize_t>(sizeof redis));
    ::kill(child, SIGKILL);
    ::waitpid(child, nullptr, 0);
    ::close(ends[0]);
    ::close(ends[1]);
    return redis;
}

TEST_F(EmbeddedRedisTest, DiesWithItsStarter) {
    const pid_t orphan = start_and_die(options());
    ASSERT_GT(orphan, 0);
    EXPECT_TRUE(run_until(loop, [&] { return ::kill(orphan, 0) != 0; }));
}

TEST_F(EmbeddedRedisTest, TakesOverAfterItsStarterWasKilled) {
    start_and_die(options());
    make();
    EXPECT_EQ(start(*redis), "");
    EXPECT_EQ(command({"PING"}).text, "PONG");
    stop(*redis);
}

TEST_F(EmbeddedRedisTest, EndsAnOrphanThatDoesNotReact) {
    std::filesystem::create_directories(home());
    Descriptor lock(::open((home() / "child.lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
    ASSERT_EQ(::flock(lock.get(), LOCK_EX), 0);
    ChildOptions left_behind;
    left_behind.arguments = {
        "redis-server", "--port", "0",         "--unixsocket", (home() / "redis.sock").string(),
        "--save",       "",       "--logfile", "/dev/null"};
    left_behind.shared = lock.get();
    auto orphan = ChildProcess::start(loop.get_executor(), left_behind);
    ASSERT_TRUE(orphan);
    lock = Descriptor();
    ASSERT_EQ(command({"PING"}).text, "PONG");
    orphan->signal(SIGSTOP);

    EmbeddedRedisOptions hasty = options();
    hasty.stop_deadline = 300ms;
    EmbeddedRedis next(loop.get_executor(), hasty);
    EXPECT_EQ(start(next), "");
    EXPECT_EQ(describe_end(orphan->ended().value_or(0)), "was killed by signal 9");
    EXPECT_NE(events.find("process " + std::to_string(orphan->pid()) + "): it is killed"),
              std::string::npos)
        << events;
    EXPECT_EQ(command({"PING"}).text, "PONG");
    stop(next);
}

TEST_F(EmbeddedRedisTest, KillsAServerThatDoesNotStopInTime) {
    EmbeddedRedisOptions hasty = options();
    hasty.stop_deadline = 200ms;
    EmbeddedRedis frozen(loop.get_executor(), hasty);
    ASSERT_EQ(start(frozen), "");
    const pid_t pid = frozen.pid();
    ::kill(pid, SIGSTOP);
    const auto begin = std::chrono::steady_clock::now();
    stop(frozen);
    EXPECT_LT(std::chrono::steady_clock::now() - begin, 2s);
    EXPECT_EQ(::kill(pid, 0), -1);
    EXPECT_NE(events.find("is killed"), std::string::npos);
}

TEST_F(EmbeddedRedisTest, LeavesNoServerBehindWhenItIsDestroyed) {
    make();
    ASSERT_EQ(start(*redis), "");
    const pid_t pid = redis->pid();
    redis.reset();
    EXPECT_TRUE(run_until(loop, [&] { return ::kill(pid, 0) != 0; }));
}

// ---- The child process itself
// ---------------------------------------------------------------------

// What the program writes, and how it ends.
std::pair<std::string, std::string> run(std::vector<std::string> arguments, std::string input) {
    net::io_context loop;
    TemporaryFolder folder;
    const std::string path = (folder.path() / "out").string();
    const Descriptor output(::open(path.c_str(), O_WRONLY | O_CREAT, 0600));
    ChildOptions options;
    options.arguments = std::move(arguments);
    options.output = output.get();
    options.shared = output.get();
    options.input = std::move(input);
    auto child = ChildProcess::start(loop.get_executor(), options);
    EXPECT_TRUE(child);
    const int status = run_to_end(loop, child->wait());
    std::ifstream written(path);
    return {std::string(std::istreambuf_iterator<char>(written), {}), describe_end(status)};
}

TEST(ChildProcess, InheritsNothingButWhatIsNamed) {
    const int leaked = ::open("/dev/null", O_RDONLY);  // as asio opens sockets: kept across exec
    const auto [text, end] = run({"ls", "/proc/self/fd"}, "");
    EXPECT_EQ(text, "0\n1\n2\n3\n4\n");  // 3 is the directory that ls reads, 4 the shared one
    EXPECT_EQ(end, "ended with status 0");
    ::close(leaked);
}

TEST(ChildProcess, GetsItsInputAndTellsItsEnd) {
    const auto [text, end] = run({"sh", "-c", "cat; kill -TERM $$"}, "hello");
    EXPECT_EQ(text, "hello");
    EXPECT_EQ(end, "was killed by signal 15");
}

TEST(ChildProcess, IsDeafToNothing) {
    sigset_t all, before;
    sigfillset(&all);
    ::pthread_sigmask(SIG_BLOCK, &all, &before);
    const auto old = ::signal(SIGPIPE, SIG_IGN);
    const auto [text, end] =
        run({"sh", "-c", "grep -E 'Sig(Blk|Ign)' /proc/self/status | tr -d '\\n\\t'"}, "");
    ::signal(SIGPIPE, old);
    ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
    EXPECT_EQ(text, "SigBlk:0000000000000000SigIgn:0000000000000000");
}

}  // namespace
}  // namespace redirector::store
