#include "redirector/store/redirection.hpp"

#include "redirector/store/ids.hpp"
#include "redirector/store/redirections.hpp"

#include <gtest/gtest.h>

namespace redirector::store {
namespace {

const std::string kAccount = "UaaaaaaaaaaaaaaaaaaaaaaA";
const std::string kThing = "UVpfh4EFsBpasUmnVDWdktKs";

Redirection example(ResourceType type, std::string target) {
    return {type, 1434088921717, 1434088921718, kAccount, kThing, std::move(target)};
}

TEST(RedirectionRecord, HasTheDocumentedBytes) {
    const std::string record = encode(example(ResourceType::product, "https://a.example/"));
    EXPECT_EQ(record.size(), 68U + 18U);
    EXPECT_EQ(record.substr(0, 2), std::string("\x01\x01", 2));
    EXPECT_EQ(record.substr(2, 8), std::string("\x75\x5a\x5c\xe6\x4d\x01\x00\x00", 8));
    EXPECT_EQ(record.substr(18, 24), kAccount);
    EXPECT_EQ(record.substr(66, 2), std::string("\x12\x00", 2));
}

TEST(RedirectionRecord, IsReadBack) {
    const auto read =
        decode_redirection(encode(example(ResourceType::place, "https://a/{shortId}")));
    ASSERT_TRUE(read);
    EXPECT_EQ(read->type, ResourceType::place);
    EXPECT_EQ(read->created_at, 1434088921717);
    EXPECT_EQ(read->updated_at, 1434088921718);
    EXPECT_EQ(read->evrythng_id, kThing);
    EXPECT_EQ(read->target, "https://a/{shortId}");
}

TEST(RedirectionRecord, RefusesAnythingElse) {
    const std::string good = encode(example(ResourceType::thng, "https://a/"));
    for (std::size_t size = 0; size < good.size(); ++size)
        EXPECT_FALSE(decode_redirection(good.substr(0, size)));
    EXPECT_FALSE(decode_redirection(good + "x"));
    std::string other = good;
    other[0] = 2;
    EXPECT_FALSE(decode_redirection(other));
    other = good;
    other[1] = 4;
    EXPECT_FALSE(decode_redirection(other));
}

TEST(RedirectionTarget, FillsInPlaceholders) {
    const std::string target =
        "https://a/{shortId}/%7BevrythngId%7d?t={thngId}&p={productId}#{shortId}";
    EXPECT_EQ(resolve_target(example(ResourceType::thng, target), "ABCD"),
              "https://a/ABCD/" + kThing + "?t=" + kThing + "&p=#ABCD");
    EXPECT_EQ(resolve_target(example(ResourceType::product, target), "ABCD"),
              "https://a/ABCD/" + kThing + "?t=&p=" + kThing + "#ABCD");
    EXPECT_EQ(resolve_target(example(ResourceType::thng, "https://a/{"), "ABCD"), "https://a/{");
}

TEST(CachedRedirection, HoldsWhatAScanNeeds) {
    const EntryPtr entry =
        CachedRedirection::make(example(ResourceType::thng, "https://a/{shortId}"), "ABCD");
    const auto& cached = static_cast<const CachedRedirection&>(*entry);
    EXPECT_EQ(cached.account(), kAccount);
    EXPECT_EQ(cached.evrythng_id(), kThing);
    EXPECT_EQ(cached.target(), "https://a/ABCD");
    EXPECT_EQ(cached.type(), ResourceType::thng);
    EXPECT_GE(cached.bytes(), sizeof(CachedRedirection) + 48 + cached.target().size());
    EXPECT_LE(cached.bytes(), 48 + 48 + cached.target().size());
}

TEST(Ids, AreOfTheContractsAlphabets) {
    init_ids();
    for (int i = 0; i < 1000; ++i) {
        const std::string id = new_short_id();
        ASSERT_EQ(id.size(), 10U);
        ASSERT_EQ(id.find_first_not_of(kShortIdAlphabet), std::string::npos) << id;
        ASSERT_TRUE(is_short_id(id));
        const std::string resource = new_resource_id();
        ASSERT_EQ(resource.size(), 24U);
        ASSERT_EQ(resource[0], 'U');
        ASSERT_EQ(resource.find_first_not_of(kResourceIdAlphabet), std::string::npos);
    }
    EXPECT_TRUE(is_api_key(new_api_key()));
    EXPECT_EQ(new_guid().size(), 36U);
    EXPECT_NE(new_guid(), new_guid());
}

TEST(Ids, KnowTheirBounds) {
    EXPECT_FALSE(is_short_id("abc"));
    EXPECT_TRUE(is_short_id("a-_Z"));
    EXPECT_TRUE(is_short_id(std::string(40, 'a')));
    EXPECT_FALSE(is_short_id(std::string(41, 'a')));
    EXPECT_FALSE(is_short_id("ab.cd"));
    EXPECT_FALSE(is_short_id("ab/cd"));
    EXPECT_FALSE(is_resource_id(kThing + "x"));
}

TEST(Ids, StoreKeysAsSha256) {
    // FIPS 180-4, the example "abc".
    EXPECT_EQ(api_key_digest("abc"),
              "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST(IndexMember, IsTimeThenShortId) {
    EXPECT_TRUE(is_index_member("014de66592b5ABCD"));
    EXPECT_FALSE(is_index_member("014de66592b5"));
    EXPECT_FALSE(is_index_member("014de66592bXABCD"));
    EXPECT_FALSE(is_index_member(""));
}

}  // namespace
}  // namespace redirector::store
