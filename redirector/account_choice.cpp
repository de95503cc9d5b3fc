#include "redirector/account_choice.hpp"

#include "redirector/store/keyspace.hpp"

namespace redirector {

Awaitable<std::string> choose_account(store::RedisClient& redis, std::string& account) {
    const std::string accounts(store::keyspace::kAccounts);
    store::Command command = account.empty() ? store::Command{"ZRANGE", accounts, "0", "1"}
                                             : store::Command{"ZSCORE", accounts, account};
    const auto reply = co_await redis.execute(std::move(command));
    if (!reply || reply->is_error()) co_return std::string("the store does not answer");
    if (!account.empty())
        co_return reply->is_nil() ? "--account: there is no account \"" + account + "\""
                                  : std::string();
    if (reply->elements.empty()) co_return std::string("the store holds no account");
    if (reply->elements.size() > 1)
        co_return std::string("--account: the store holds several accounts; name one");
    account = reply->elements[0].text;
    co_return std::string();
}

}  // namespace redirector
