#include "redirector/api/audit.hpp"

#include <array>
#include <sodium.h>

namespace redirector::api {
namespace {

std::string digest(std::string_view record) {
    if (record.empty()) return {};
    std::array<unsigned char, crypto_hash_sha256_BYTES> hash{};
    crypto_hash_sha256(hash.data(), reinterpret_cast<const unsigned char*>(record.data()),
                       record.size());
    std::string text(2 * hash.size() + 1, '\0');
    sodium_bin2hex(text.data(), text.size(), hash.data(), hash.size());
    text.pop_back();
    return text;
}

}  // namespace

ChangeNote note_change(std::string_view what,
                       std::string_view id,
                       std::string_view before,
                       std::string_view after) {
    return {std::string(what), std::string(id), digest(before), digest(after)};
}

}  // namespace redirector::api
