#include "tests/store/redis_fixture.hpp"

#include <cstdlib>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

extern char** environ;

namespace redirector::testing {

using std::chrono::milliseconds;

pid_t start_redis(std::vector<std::string> arguments) {
    const std::vector<std::string> program = {"setpriv", "--pdeathsig", "KILL", "redis-server"};
    arguments.insert(arguments.begin(), program.begin(), program.end());
    std::vector<char*> argv;
    for (std::string& argument : arguments)
        argv.push_back(argument.data());
    argv.push_back(nullptr);
    pid_t pid = 0;
    if (::posix_spawnp(&pid, "setpriv", nullptr, nullptr, argv.data(), environ) != 0)
        throw std::runtime_error("cannot start redis-server");
    return pid;
}

TemporaryFolder::TemporaryFolder() {
    std::string pattern = (std::filesystem::temp_directory_path() / "redirector.XXXXXX").string();
    if (::mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("no temporary folder");
    path_ = pattern;
}

TemporaryFolder::~TemporaryFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
}

RedisServer::RedisServer(std::vector<std::string> extra_arguments)
    : extra_arguments_(std::move(extra_arguments)) {
    start();
}

RedisServer::~RedisServer() {
    kill();
}

void RedisServer::start() {
    std::vector<std::string> arguments = {"--port",       "0",
                                          "--unixsocket", socket_path(),
                                          "--dir",        folder().string(),
                                          "--save",       "",
                                          "--logfile",    (folder() / "redis.log").string()};
    arguments.insert(arguments.end(), extra_arguments_.begin(), extra_arguments_.end());
    std::filesystem::remove(socket_path());
    pid_ = start_redis(std::move(arguments));
    const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    while (!std::filesystem::exists(socket_path())) {
        if (std::chrono::steady_clock::now() > until)
            throw std::runtime_error("redis-server is silent");
        std::this_thread::sleep_for(milliseconds(2));
    }
}

void RedisServer::stop() {
    if (pid_ == 0) return;
    ::kill(pid_, SIGTERM);
    wait_until_gone();
}

void RedisServer::kill() {
    if (pid_ == 0) return;
    ::kill(pid_, SIGKILL);
    wait_until_gone();
}

void RedisServer::pause() {
    ::kill(pid_, SIGSTOP);
}
void RedisServer::resume() {
    ::kill(pid_, SIGCONT);
}

void RedisServer::wait_until_gone() {
    int status = 0;
    ::waitpid(pid_, &status, 0);
    pid_ = 0;
}

std::string RedisServer::socket_path() const {
    return (folder() / "redis.sock").string();
}

store::RedisAddress RedisServer::address() const {
    store::RedisAddress address;
    address.kind = store::RedisAddress::Kind::unix_socket;
    address.path = socket_path();
    return address;
}

namespace {

Awaitable<store::RedisReply> ask(store::RedisClient* client, store::Command command) {
    const auto ready = co_await client->wait_ready(milliseconds(5000));
    if (!ready) throw std::runtime_error(ready.error().message());
    auto reply = co_await client->execute(std::move(command));
    if (!reply) throw std::runtime_error(reply.error().message());
    co_return *std::move(reply);
}

}  // namespace

store::RedisReply RedisServer::command(store::Command command) const {
    net::io_context loop;
    store::RedisOptions options;
    options.address = address();
    for (std::size_t i = 0; i + 1 < extra_arguments_.size(); ++i) {
        if (extra_arguments_[i] == "--requirepass")
            options.address.password = extra_arguments_[i + 1];
    }
    options.deadline = std::chrono::seconds(30);
    store::RedisClient client(loop.get_executor(), options);
    client.start();
    return run_to_end(loop, ask(&client, std::move(command)));
}

}  // namespace redirector::testing
