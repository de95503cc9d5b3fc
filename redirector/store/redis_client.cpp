#include "redirector/store/redis_client.hpp"

#include "redirector/store/redis_backend.hpp"
#include "redirector/store/redis_protocol.hpp"

#include <hiredis/read.h>

#include <cassert>
#include <new>
#include <utility>

namespace redirector::store {

using boost::system::error_code;

RedisClient::RedisClient(Executor executor, RedisOptions options)
    : backend_(make_backend(executor, std::move(options))) {}

RedisClient::~RedisClient() {
    backend_->forget_callbacks();
    backend_->stop();
}

void RedisClient::start() {
    backend_->start();
}
void RedisClient::stop() {
    backend_->stop();
}
bool RedisClient::connected() const noexcept {
    return backend_->ready();
}
RedisCounters RedisClient::counters() const noexcept {
    return backend_->counters();
}
std::string RedisClient::last_refusal() const {
    return backend_->last_refusal();
}
WriteRefusal RedisClient::write_refusal() const noexcept {
    return backend_->last_write_refusal();
}
RedisAddress RedisClient::server() const {
    return backend_->server();
}

Awaitable<RedisResult<void>> RedisClient::wait_ready(std::chrono::milliseconds at_most) {
    return Backend::wait_ready(backend_, at_most);
}

error_code RedisClient::submit(const std::vector<Command>& batch,
                               std::chrono::milliseconds deadline,
                               ReplyHandler handler) {
    assert(!batch.empty());
    if (const error_code no = backend_->admit(batch)) return no;
    backend_->enqueue(batch, Backend::Clock::now() + deadline, std::move(handler));
    return {};
}

Awaitable<RedisResult<std::vector<RedisReply>>> RedisClient::execute(std::vector<Command> batch) {
    return Backend::execute(backend_, std::move(batch), backend_->default_deadline());
}

Awaitable<RedisResult<std::vector<RedisReply>>> RedisClient::execute(
    std::vector<Command> batch, std::chrono::milliseconds deadline) {
    return Backend::execute(backend_, std::move(batch), deadline);
}

Awaitable<RedisResult<RedisReply>> RedisClient::execute(Command command) {
    return Backend::execute(backend_, std::move(command));
}

// ---- Replies, by hiredis ------------------------------------------------------------------------

// hiredis tells of each value through these functions. Every value goes straight to its place in
// the tree of RedisReply; a null answer stops the reader, which is how the limits are enforced.
struct ReplyReader::State {
    struct Free {
        void operator()(redisReader* owned) const { redisReaderFree(owned); }
    };

    explicit State(ReplyLimits l) : limits(l), reader(redisReaderCreateWithFunctions(&kFunctions)) {
        if (!reader) throw std::bad_alloc();
        reader->privdata = this;
    }

    // The place of the value that `task` stands for. Growing a parent's vector moves its earlier
    // children only, and those are complete, so hiredis holds no pointer to them any more.
    static RedisReply* place(const redisReadTask* task) {
        auto* state = static_cast<State*>(task->privdata);
        if (task->parent == nullptr) {
            state->elements = 0;
            state->root = RedisReply{};
            return &state->root;
        }
        if (++state->elements > state->limits.elements) return nullptr;
        return &static_cast<RedisReply*>(task->parent->obj)->elements.emplace_back();
    }

    static void* on_string(const redisReadTask* task, char* text, std::size_t size) {
        RedisReply* reply = place(task);
        if (reply == nullptr) return nullptr;
        using Type = RedisReply::Type;
        reply->type = task->type == REDIS_REPLY_STATUS  ? Type::status
                      : task->type == REDIS_REPLY_ERROR ? Type::error
                                                        : Type::text;
        reply->text.assign(text, size);
        return reply;
    }

    static void* on_array(const redisReadTask* task, int size) {
        RedisReply* reply = place(task);
        auto* state = static_cast<State*>(task->privdata);
        if (reply == nullptr || static_cast<std::size_t>(size) > state->limits.elements)
            return nullptr;
        reply->type = RedisReply::Type::array;
        return reply;
    }

    static void* on_integer(const redisReadTask* task, long long value) {
        RedisReply* reply = place(task);
        if (reply == nullptr) return nullptr;
        reply->type = RedisReply::Type::integer;
        reply->integer = value;
        return reply;
    }

    static void* on_nil(const redisReadTask* task) { return place(task); }

    static void on_free(void*) {}  // the root belongs to this object

    static redisReplyObjectFunctions kFunctions;

    ReplyLimits limits;
    std::unique_ptr<redisReader, Free> reader;
    RedisReply root;
    std::size_t elements = 0;
    std::size_t unfinished_bytes = 0;  // received for the reply that is not complete yet
};

redisReplyObjectFunctions ReplyReader::State::kFunctions = {on_string, on_array, on_integer, on_nil,
                                                            on_free};

ReplyReader::ReplyReader(ReplyLimits limits) : state_(std::make_unique<State>(limits)) {}
ReplyReader::~ReplyReader() = default;
ReplyReader::ReplyReader(ReplyReader&&) noexcept = default;
ReplyReader& ReplyReader::operator=(ReplyReader&&) noexcept = default;

error_code ReplyReader::feed(std::string_view bytes, std::vector<RedisReply>& out) {
    redisReader* reader = state_->reader.get();
    if (redisReaderFeed(reader, bytes.data(), bytes.size()) != REDIS_OK)
        return RedisError::protocol;
    state_->unfinished_bytes += bytes.size();
    for (;;) {
        void* reply = nullptr;
        if (redisReaderGetReply(reader, &reply) != REDIS_OK) return RedisError::protocol;
        if (reply == nullptr) break;
        out.push_back(std::move(state_->root));
        state_->unfinished_bytes = reader->len - reader->pos;
    }
    if (state_->unfinished_bytes > state_->limits.bytes) return RedisError::protocol;
    return {};
}

}  // namespace redirector::store
