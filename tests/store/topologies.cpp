#include "tests/store/topologies.hpp"

#include <fstream>
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

namespace redirector::testing {

using std::chrono::milliseconds;
using store::Command;
using store::RedisAddress;
using store::RedisReply;

namespace {

void wait_for(const std::function<bool()>& condition, const char* what) {
    const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (!condition()) {
        if (std::chrono::steady_clock::now() > until) throw std::runtime_error(what);
        std::this_thread::sleep_for(milliseconds(20));
    }
}

std::vector<std::string> with_port(std::uint16_t port, std::vector<std::string> extra) {
    std::vector<std::string> arguments = {"--bind", "127.0.0.1", "--port", std::to_string(port)};
    arguments.insert(arguments.end(), extra.begin(), extra.end());
    return arguments;
}

std::vector<std::string> with_password(const std::string& password,
                                       std::vector<std::string> extra = {}) {
    if (password.empty()) return extra;
    extra.insert(extra.end(), {"--requirepass", password, "--masterauth", password});
    return extra;
}

}  // namespace

// Below the ports that connections take by themselves, so that none of those comes in between.
std::uint16_t free_port() {
    static std::uint16_t next = static_cast<std::uint16_t>(11000 + ::getpid() % 1000 * 16);
    for (int tries = 0; tries < 1000; ++tries) {
        const std::uint16_t port = next++;
        const int probe = ::socket(AF_INET, SOCK_STREAM, 0);
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_port = htons(port);
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        const bool free =
            ::bind(probe, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
        ::close(probe);
        if (free) return port;
    }
    throw std::runtime_error("no free port");
}

TcpRedis::TcpRedis(std::vector<std::string> extra_arguments)
    : port_(free_port()),
      server_(std::make_unique<RedisServer>(with_port(port_, std::move(extra_arguments)))) {}

// ---- Sentinel

// Knows the others and the replica from its configuration: finding them takes seconds.
struct Sentinels::Process {
    explicit Process(char name) : port(free_port()), id(40, name) {}
    ~Process() {
        if (pid == 0) return;
        ::kill(pid, SIGKILL);
        ::waitpid(pid, nullptr, 0);
    }
    Process(const Process&) = delete;
    Process& operator=(const Process&) = delete;

    void start(const std::string& configuration) {
        const auto file = folder.path() / "sentinel.conf";
        std::ofstream(file) << "bind 127.0.0.1\nport " << port << "\ndir " << folder.path().string()
                            << "\nlogfile sentinel.log\nsentinel myid " << id << "\n"
                            << configuration;
        pid = start_redis({file.string(), "--sentinel"});
    }

    TemporaryFolder folder;
    std::uint16_t port;
    std::string id;
    pid_t pid = 0;
};

Sentinels::Sentinels(std::string password, bool sentinels_too)
    : password_(std::move(password)), sentinels_too_(sentinels_too) {
    servers.emplace_back(with_password(password_, {"--repl-diskless-sync-delay", "0"}));
    const std::string primary = std::to_string(servers[0].port());
    servers.emplace_back(with_password(
        password_, {"--replicaof", "127.0.0.1 " + primary, "--repl-diskless-sync-delay", "0"}));
    wait_for(
        [this] {
            const RedisReply role = servers[1]->command({"ROLE"});
            return role.elements.size() > 3 && role.elements[3].text == "connected";
        },
        "the replica does not connect");
    for (const char name : {'a', 'b', 'c'})
        sentinels_.push_back(std::make_unique<Process>(name));
    for (const auto& sentinel : sentinels_)
        sentinel->start(configuration_of(*sentinel));
    for (std::size_t i = 0; i < sentinels_.size(); ++i) {
        wait_for(
            [&] {
                return !ask(i, {"SENTINEL", "CKQUORUM", "main"}).text.find("OK 3");
            },
            "the Sentinels do not find each other");
    }
}

Sentinels::~Sentinels() = default;

std::string Sentinels::configuration_of(const Process& own) const {
    std::string text = "sentinel monitor main 127.0.0.1 " + std::to_string(servers[0].port()) +
                       " 2\nsentinel down-after-milliseconds main 500\n"
                       "sentinel failover-timeout main 1000\n"
                       "sentinel known-replica main 127.0.0.1 " +
                       std::to_string(servers[1].port()) + "\n";
    for (const auto& other : sentinels_) {
        if (other.get() == &own) continue;
        text += "sentinel known-sentinel main 127.0.0.1 " + std::to_string(other->port) + " " +
                other->id + "\n";
    }
    if (!password_.empty()) text += "sentinel auth-pass main " + password_ + "\n";
    if (sentinels_too_) text += "requirepass " + password_ + "\n";
    return text;
}

RedisAddress Sentinels::address() const {
    RedisAddress address;
    address.kind = RedisAddress::Kind::sentinel;
    for (const auto& sentinel : sentinels_)
        address.endpoints.push_back({"127.0.0.1", sentinel->port});
    address.master = "main";
    address.password = password_;
    return address;
}

namespace {

Awaitable<RedisReply> ask_once(store::RedisClient* client, Command command) {
    RedisReply nothing;
    const auto ready = co_await client->wait_ready(milliseconds(1000));
    if (!ready) co_return nothing;
    auto reply = co_await client->execute(std::move(command));
    if (!reply) co_return nothing;
    co_return *std::move(reply);
}

}  // namespace

RedisReply Sentinels::ask(std::size_t sentinel, Command command) const {
    net::io_context loop;
    store::RedisOptions options;
    options.address.endpoints = {{"127.0.0.1", sentinels_[sentinel]->port}};
    if (sentinels_too_) options.address.password = password_;
    store::RedisClient client(loop.get_executor(), options);
    client.start();
    return run_to_end(loop, ask_once(&client, std::move(command)));
}

void Sentinels::wait_for_failover(std::uint16_t to) const {
    for (std::size_t i = 0; i < sentinels_.size(); ++i) {
        wait_for(
            [&] {
                const RedisReply named = ask(i, {"SENTINEL", "GET-MASTER-ADDR-BY-NAME", "main"});
                return named.elements.size() == 2 && named.elements[1].text == std::to_string(to);
            },
            "no failover");
    }
}

// ---- Cluster

ClusterServers::ClusterServers(std::size_t masters, std::size_t replicas) {
    for (std::size_t i = 0; i < masters * (1 + replicas); ++i) {
        servers.emplace_back(std::vector<std::string>{
            "--cluster-enabled", "yes", "--cluster-node-timeout", "1000",
            "--cluster-replica-validity-factor", "0", "--repl-diskless-sync-delay", "0"});
        servers[i]->command({"CLUSTER", "SET-CONFIG-EPOCH", std::to_string(i + 1)});
        if (i >= masters) continue;
        servers[i]->command({"CLUSTER", "ADDSLOTSRANGE", std::to_string(16384 * i / masters),
                             std::to_string(16384 * (i + 1) / masters - 1)});
    }
    for (std::size_t i = 1; i < servers.size(); ++i)
        servers[0]->command({"CLUSTER", "MEET", "127.0.0.1", std::to_string(servers[i].port())});
    wait_until_well();
    for (std::size_t i = masters; i < servers.size(); ++i) {
        const std::string master = id(i % masters);
        wait_for(
            [&] {
                return !servers[i]->command({"CLUSTER", "REPLICATE", master}).is_error();
            },
            "a replica does not know its master");
    }
    for (std::size_t i = masters; i < servers.size(); ++i) {
        wait_for(
            [&] {
                const RedisReply role = servers[i]->command({"ROLE"});
                return role.elements.size() > 3 && role.elements[3].text == "connected";
            },
            "a replica does not connect");
    }
    wait_until_well();
}

void ClusterServers::wait_until_well() const {
    for (const TcpRedis& server : servers) {
        wait_for(
            [&] {
                const std::string info = server->command({"CLUSTER", "INFO"}).text;
                const auto known = "cluster_known_nodes:" + std::to_string(servers.size());
                return info.find("cluster_state:ok") != info.npos && info.find(known) != info.npos;
            },
            "the cluster does not come together");
    }
}

RedisAddress ClusterServers::address() const {
    RedisAddress address;
    address.kind = RedisAddress::Kind::cluster;
    address.endpoints = {servers[0].endpoint(), servers[1].endpoint()};
    return address;
}

std::string ClusterServers::id(std::size_t server) const {
    return servers[server]->command({"CLUSTER", "MYID"}).text;
}

void ClusterServers::move_slot(unsigned slot,
                               std::size_t from,
                               std::size_t to,
                               bool halfway) const {
    const std::string number = std::to_string(slot);
    servers[to]->command({"CLUSTER", "SETSLOT", number, "IMPORTING", id(from)});
    servers[from]->command({"CLUSTER", "SETSLOT", number, "MIGRATING", id(to)});
    const RedisReply keys = servers[from]->command({"CLUSTER", "GETKEYSINSLOT", number, "1000"});
    for (const RedisReply& key : keys.elements) {
        servers[from]->command(
            {"MIGRATE", "127.0.0.1", std::to_string(servers[to].port()), key.text, "0", "1000"});
    }
    if (halfway) return;
    servers[to]->command({"CLUSTER", "SETSLOT", number, "NODE", id(to)});
    servers[from]->command({"CLUSTER", "SETSLOT", number, "NODE", id(to)});
}

}  // namespace redirector::testing
