#include "redirector/api/passwords.hpp"

#include <array>
#include <functional>
#include <memory>
#include <sodium.h>

namespace redirector::api {
namespace {

constexpr unsigned long long kPasses = 2;
constexpr std::size_t kMemory = std::size_t{19} << 20;

std::string hash_now(const std::string& password) {
    std::array<char, crypto_pwhash_STRBYTES> text{};
    const bool done = crypto_pwhash_str_alg(text.data(), password.data(), password.size(), kPasses,
                                            kMemory, crypto_pwhash_ALG_ARGON2ID13) == 0;
    return done ? std::string(text.data()) : std::string();
}

// A hash that no password has, with the same cost as any.
const std::string& nobody() {
    static const std::string hash = hash_now("nobody");
    return hash;
}

}  // namespace

Awaitable<std::string> PasswordPool::hash(std::string password) {
    const auto result = std::make_shared<std::string>();
    std::function<void()> work = [result, password = std::move(password)] {
        *result = hash_now(password);
    };
    co_await workers_.run(std::move(work));
    co_return *result;
}

Awaitable<Verdict> PasswordPool::verify(std::string stored, std::string password) {
    const auto right = std::make_shared<bool>(false);
    const bool known = !stored.empty();
    std::function<void()> work = [right, stored = std::move(stored),
                                  password = std::move(password)] {
        const std::string& hash = stored.empty() ? nobody() : stored;
        *right = crypto_pwhash_str_verify(hash.c_str(), password.data(), password.size()) == 0;
    };
    const bool ran = co_await workers_.run(std::move(work));
    if (!ran) co_return Verdict::busy;
    co_return *right&& known ? Verdict::right : Verdict::wrong;
}

}  // namespace redirector::api
