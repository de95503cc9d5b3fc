#include "tests/scan/redis.hpp"

#include "redirector/scan/statistics.hpp"
#include "redirector/scan/stream.hpp"

#include <hiredis/hiredis.h>

#include <cctype>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <sys/time.h>
#include <unistd.h>
#include <utility>

namespace redirector::scan::testing {
namespace {

namespace fs = std::filesystem;

constexpr timeval kDeadline{0, 300'000};

redisContext* connected(const std::string& socket) {
    redisContext* connection = redisConnectUnixWithTimeout(socket.c_str(), kDeadline);
    if (connection != nullptr && connection->err == 0) {
        redisSetTimeout(connection, kDeadline);
        return connection;
    }
    if (connection != nullptr) redisFree(connection);
    return nullptr;
}

Answer answer_of(const redisReply& reply) {
    switch (reply.type) {
        case REDIS_REPLY_NIL:
            return {Answer::Kind::nil, {}};
        case REDIS_REPLY_ERROR:
            return {Answer::Kind::error, {reply.str, reply.len}};
        case REDIS_REPLY_INTEGER:
            return {Answer::Kind::text, std::to_string(reply.integer)};
        case REDIS_REPLY_ARRAY: {
            Answer answer{Answer::Kind::text, {}};
            for (std::size_t i = 0; i < reply.elements; ++i)
                answer.text += answer_of(*reply.element[i]).text + "\n";
            return answer;
        }
        default:
            return {Answer::Kind::text, {reply.str, reply.len}};
    }
}

using Reply = std::unique_ptr<redisReply, void (*)(void*)>;

Reply run(redisContext* connection, const std::vector<std::string>& words) {
    std::vector<const char*> data;
    std::vector<std::size_t> sizes;
    for (const std::string& word : words) {
        data.push_back(word.data());
        sizes.push_back(word.size());
    }
    void* reply =
        redisCommandArgv(connection, static_cast<int>(words.size()), data.data(), sizes.data());
    return {static_cast<redisReply*>(reply), freeReplyObject};
}

}  // namespace

const int RedisServer::kStop = SIGSTOP;
const int RedisServer::kContinue = SIGCONT;

RedisServer::RedisServer() {
    ::signal(SIGPIPE, SIG_IGN);  // hiredis writes to connections whose server was killed
    start();
}

RedisServer::~RedisServer() = default;

void RedisServer::start() {
    const fs::path manifest = folder_.path() / "appendonlydir/appendonly.aof.manifest";
    if (fs::exists(manifest)) {
        const std::string fix =
            "yes 2>/dev/null | redis-check-aof --fix " + manifest.string() + " >/dev/null 2>&1";
        Child({"sh", "-c", fix}).wait();
    }
    fs::remove(socket());
    child_ = std::make_unique<Child>(std::vector<std::string>{
        "redis-server", "--port", "0", "--unixsocket", socket(), "--dir", folder_.path(),
        "--appendonly", "yes", "--appendfsync", "no", "--save", "", "--loglevel", "warning",
        "--logfile", folder_.path() / "log"});
    for (int i = 0; i < 1000; ++i) {
        if (redisContext* connection = connected(socket())) {
            const Reply reply = run(connection, {"PING"});
            const bool ready = reply && reply->type == REDIS_REPLY_STATUS;
            redisFree(connection);
            if (ready) return;
        }
        ::usleep(5000);
    }
    std::fprintf(stderr, "redis-server does not start, see %s/log\n", folder_.path().c_str());
    std::abort();
}

void RedisServer::kill() {
    child_->signal(SIGKILL);
    child_->wait();
}

void RedisServer::save_files(const fs::path& to) const {
    fs::remove_all(to);
    fs::copy(folder_.path() / "appendonlydir", to, fs::copy_options::recursive);
}

void RedisServer::restore_files(const fs::path& from) const {
    fs::remove_all(folder_.path() / "appendonlydir");
    fs::copy(from, folder_.path() / "appendonlydir", fs::copy_options::recursive);
}

RedisSink::~RedisSink() {
    disconnect();
}

void RedisSink::disconnect() {
    if (connection_ != nullptr) redisFree(connection_);
    connection_ = nullptr;
}

bool RedisSink::connect() {
    if (connection_ != nullptr) return true;
    connection_ = connected(socket_);
    ++generation_;
    return connection_ != nullptr;
}

bool RedisSink::send(std::span<const Command> commands, std::vector<Answer>& answers) {
    if (!connect()) return false;
    answers.clear();
    for (const Command& command : commands) {
        std::vector<const char*> data;
        std::vector<std::size_t> sizes;
        for (const std::string_view word : command.words) {
            data.push_back(word.data());
            sizes.push_back(word.size());
        }
        redisAppendCommandArgv(connection_, static_cast<int>(data.size()), data.data(),
                               sizes.data());
    }
    for (std::size_t i = 0; i < commands.size(); ++i) {
        void* raw = nullptr;
        if (redisGetReply(connection_, &raw) != REDIS_OK) {
            disconnect();
            return false;
        }
        const Reply reply(static_cast<redisReply*>(raw), freeReplyObject);
        answers.push_back(answer_of(*reply));
    }
    return true;
}

Awaitable<boost::system::error_code> RedisSink::exchange(std::span<const Command> commands,
                                                         std::vector<Answer>& answers) {
    const bool good = send(commands, answers);
    boost::system::error_code error;
    if (!good) error = {ETIMEDOUT, boost::system::system_category()};
    co_return error;
}

std::string RedisSink::ask(const std::vector<std::string>& words) {
    Command command;
    for (const std::string& word : words)
        command.words.push_back(word);
    std::vector<Answer> answers;
    if (!send({&command, 1}, answers)) return "-lost";
    return (answers[0].kind == Answer::Kind::error ? "-" : "") + answers[0].text;
}

namespace {

void add_stream(redisContext* connection, const std::string& key, Recorded& all) {
    const Reply entries = run(connection, {"XRANGE", key, "-", "+"});
    for (std::size_t i = 0; i < entries->elements; ++i) {
        const redisReply* value = entries->element[i]->element[1]->element[1];
        const auto records = unpack({value->str, value->len});
        if (!records) std::abort();
        ++all.entries;
        for (const auto& record : *records) {
            const auto scan = decode(record);
            if (!scan) std::abort();
            ++all.records;
            ++all.times[scan->time_ms];
            ++all.by_short_id[std::string(scan->short_id)];
        }
    }
}

void add_hits(redisContext* connection, const std::string& key, Recorded& all) {
    const Reply pairs = run(connection, {"HGETALL", key});
    for (std::size_t i = 0; i + 1 < pairs->elements; i += 2)
        all.hits[pairs->element[i]->str] += std::strtoull(pairs->element[i + 1]->str, nullptr, 10);
}

void add_hours(redisContext* connection, const std::string& key, Recorded& all) {
    const Reply pairs = run(connection, {"HGETALL", key});
    for (std::size_t i = 0; i + 1 < pairs->elements; i += 2) {
        const auto counts = unpack_counts({pairs->element[i + 1]->str, pairs->element[i + 1]->len});
        if (!counts) std::abort();
        for (const auto& [name, count] : *counts) {
            if (std::isdigit(static_cast<unsigned char>(name[0])) != 0)
                all.by_hour[pairs->element[i]->str] += count;
        }
    }
}

}  // namespace

Recorded recorded(const RedisServer& server) {
    Recorded all;
    redisContext* connection = connected(server.socket());
    if (connection == nullptr) std::abort();
    redisSetTimeout(connection, {30, 0});
    {
        const Reply keys = run(connection, {"KEYS", "*"});
        for (std::size_t i = 0; i < keys->elements; ++i) {
            const std::string key = keys->element[i]->str;
            if (key.starts_with("s:")) add_stream(connection, key, all);
            if (key.starts_with("h:")) add_hits(connection, key, all);
            if (key.starts_with("k:")) add_hours(connection, key, all);
        }
    }
    redisFree(connection);
    return all;
}

}  // namespace redirector::scan::testing
