#include "redirector/api/keys.hpp"

#include "redirector/store/ids.hpp"
#include "redirector/store/keyspace.hpp"
#include "redirector/store/redis_client.hpp"

#include <algorithm>

namespace redirector::api {
namespace {

Awaitable<bool> run(Call& call, std::vector<store::Command> batch) {
    const std::vector<store::Command> sent = batch;
    const auto replies = co_await call.services.redis.execute(std::move(batch));
    for (const store::Command& command : sent)
        call.services.cache.invalidate(command[1]);
    co_return replies&& std::ranges::none_of(*replies, &store::RedisReply::is_error);
}

}  // namespace

Awaitable<bool> put_keys(Call& call, std::vector<NewKey> keys) {
    std::vector<store::Command> batch;
    for (const NewKey& key : keys) {
        batch.push_back({"SET", store::keyspace::api_key(store::api_key_digest(key.key)),
                         encode_actor(key.actor)});
    }
    co_return co_await run(call, std::move(batch));
}

Awaitable<bool> revoke_digests(Call& call, std::vector<std::string> digests) {
    std::vector<store::Command> batch;
    for (const std::string& digest : digests)
        batch.push_back({"DEL", store::keyspace::api_key(digest)});
    co_return co_await run(call, std::move(batch));
}

Awaitable<bool> revoke_key(Call& call, std::string key) {
    std::vector<std::string> digests;
    if (!key.empty()) digests.push_back(store::api_key_digest(key));
    co_return co_await revoke_digests(call, std::move(digests));
}

}  // namespace redirector::api
