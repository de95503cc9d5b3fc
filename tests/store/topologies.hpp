// Redis as it is run by more than one server, on loopback: a primary with replicas watched by three
// Sentinels, and a Cluster.
// Threads: of the test alone. Everything ends with the object.
#pragma once

#include "tests/store/redis_fixture.hpp"

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

namespace redirector::testing {

std::uint16_t free_port();

// A server that listens on 127.0.0.1 too.
class TcpRedis {
  public:
    explicit TcpRedis(std::vector<std::string> extra_arguments = {});

    RedisServer* operator->() { return server_.get(); }
    const RedisServer* operator->() const { return server_.get(); }
    std::uint16_t port() const { return port_; }
    store::RedisAddress::Endpoint endpoint() const { return {"127.0.0.1", port_}; }

  private:
    std::uint16_t port_;
    std::unique_ptr<RedisServer> server_;
};

// Primary, one replica, three Sentinels (quorum 2) that give a silent primary 500 ms.
class Sentinels {
  public:
    // `password`: of the servers and, if `sentinels_too`, of the Sentinels.
    explicit Sentinels(std::string password = "", bool sentinels_too = false);
    ~Sentinels();

    store::RedisAddress address() const;
    void wait_for_failover(std::uint16_t to) const;  // all Sentinels name that port; throws
    store::RedisReply ask(std::size_t sentinel, store::Command command) const;

    std::vector<TcpRedis> servers;  // the first one begins as primary

  private:
    struct Process;
    std::string configuration_of(const Process& own) const;

    std::string password_;
    bool sentinels_too_;
    std::vector<std::unique_ptr<Process>> sentinels_;
};

// Masters of equal shares of the slots, with `replicas` each: server m + i * masters is a replica
// of master m. A silent master is given up after a second.
class ClusterServers {
  public:
    explicit ClusterServers(std::size_t masters = 3, std::size_t replicas = 0);

    store::RedisAddress address() const;
    std::string id(std::size_t server) const;
    // Moves a slot with all its keys, or (`halfway`) leaves it in the state in which keys are moved.
    void move_slot(unsigned slot, std::size_t from, std::size_t to, bool halfway = false) const;

    std::vector<TcpRedis> servers;

  private:
    void wait_until_well() const;
};

}  // namespace redirector::testing
