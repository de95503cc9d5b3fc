#include "redirector/api/accounts.hpp"

#include "redirector/api/auth.hpp"
#include "redirector/api/documents.hpp"
#include "redirector/api/filter.hpp"
#include "redirector/api/tables.hpp"
#include "redirector/store/documents.hpp"
#include "redirector/store/ids.hpp"
#include "redirector/store/keyspace.hpp"

#include <boost/json.hpp>

#include <algorithm>

namespace redirector::api {
namespace {

namespace json = boost::json;
namespace keyspace = store::keyspace;

// What went wrong with a batch, as the end of a sentence; empty when nothing did.
std::string failure_of(const store::RedisResult<std::vector<store::RedisReply>>& replies) {
    if (!replies) return "the store does not answer: " + replies.error().message();
    const auto refused = std::ranges::find_if(*replies, &store::RedisReply::is_error);
    return refused == replies->end() ? std::string() : "the store refused: " + refused->text;
}

store::Change creation_of(const store::Documents& store,
                          const DocumentSpec& spec,
                          const json::object& document) {
    store::Change change;
    change.id = text_of(document, "id");
    change.after = store::encode_document(spec.name, json::serialize(document));
    const std::string member = store::index_member(document.at("createdAt").as_int64(), change.id);
    for (const std::string& index : indexes_of(spec, document))
        change.along.push_back({"ZADD", store.index_key(index, change.id), "0", member});
    return change;
}

// The account and its operator, as stored documents; those that exist already stay.
std::vector<store::Change> documents_of(const store::Documents& store, const NewAccount& account) {
    const std::int64_t ms = now_ms();
    const json::object document{{"id", account.id},
                                {"createdAt", ms},
                                {"updatedAt", ms},
                                {"name", account.name},
                                {"tfaRequired", false}};
    const json::object person{{"id", account.operator_id}, {"createdAt", ms},
                              {"updatedAt", ms},           {"account", account.id},
                              {"email", account.email},    {"firstName", account.name}};
    std::vector<store::Change> changes;
    changes.push_back(creation_of(store, kAccount, document));
    changes.push_back(creation_of(store, kOperator, person));
    return changes;
}

}  // namespace

NewAccount draw_account(std::string name, std::string email) {
    return {store::new_resource_id(), store::new_resource_id(), std::move(name), std::move(email),
            store::new_api_key()};
}

Awaitable<std::string> create_account(store::RedisClient& redis, const NewAccount& account) {
    store::Documents store(redis, account.id);
    std::vector<store::Change> documents = documents_of(store, account);
    const std::vector<store::Changed> changed = co_await store.commit(std::move(documents));
    if (std::ranges::find(changed, store::Changed::store_down) != changed.end())
        co_return std::string("the store does not answer, or refuses to write");
    const Actor actor{KeyType::operator_, account.id, account.operator_id, ""};
    std::vector<store::Command> batch;
    batch.push_back({"SET", keyspace::api_key(store::api_key_digest(account.api_key)),
                     encode_actor(actor), "NX"});
    const auto key = co_await redis.execute(std::exchange(batch, {}));
    if (std::string failure = failure_of(key); !failure.empty()) co_return failure;
    // The account is listed last: until then --initial-api-key begins again, with the same IDs.
    batch.push_back(
        {"ZADD", std::string(keyspace::kAccounts), std::to_string(now_ms()), account.id});
    const auto listed = co_await redis.execute(std::move(batch));
    co_return failure_of(listed);
}

Awaitable<std::string> create_initial_account(store::RedisClient& redis, std::string api_key) {
    std::vector<store::Command> batch;
    // Asked by itself: a node may start while Redis refuses to write.
    batch.push_back({"ZCARD", std::string(keyspace::kAccounts)});
    const auto accounts = co_await redis.execute(std::exchange(batch, {}));
    if (std::string failure = failure_of(accounts); !failure.empty()) co_return failure;
    if (accounts->front().integer > 0) co_return std::string();
    NewAccount account = draw_account("initial", "");
    account.api_key = std::move(api_key);
    // The IDs are fixed by the first node that writes them; whoever comes later, or again after a
    // crash, uses the same.
    const std::string ids = account.id + " " + account.operator_id;
    batch.push_back({"SET", std::string(keyspace::kInitialAccount), ids, "NX"});
    batch.push_back({"GET", std::string(keyspace::kInitialAccount)});
    const auto replies = co_await redis.execute(std::move(batch));
    if (std::string failure = failure_of(replies); !failure.empty()) co_return failure;
    const std::string& fixed = replies->at(1).text;
    account.id = fixed.substr(0, store::kResourceIdLength);
    account.operator_id = fixed.substr(fixed.find(' ') + 1);
    co_return co_await create_account(redis, account);
}

}  // namespace redirector::api
