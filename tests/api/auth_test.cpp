#include "redirector/api/auth.hpp"

#include "redirector/store/ids.hpp"

#include <gtest/gtest.h>

namespace redirector::api {
namespace {

std::string presented(std::string_view authorization) {
    Request request;
    request.fields[static_cast<std::size_t>(Field::authorization)] = authorization;
    return presented_key(request);
}

TEST(Auth, TakesTheKeyFromEveryScheme) {
    EXPECT_EQ(presented("abc"), "abc");
    EXPECT_EQ(presented("Bearer abc"), "abc");
    EXPECT_EQ(presented("token  abc"), "abc");
    EXPECT_EQ(presented(""), "");
}

TEST(Auth, TakesTheKeyFromEitherHalfOfBasic) {
    const std::string key(store::kApiKeyLength, 'k');
    const std::string encoded =
        "a2tra2tra2tra2tra2tra2tra2tra2tra2tra2tra2tra2tra2tra2tra2tr"
        "a2tra2tra2tra2tra2tra2tra2tra2tra2tra2tra2tra2s6";
    EXPECT_EQ(presented("Basic " + encoded), key);
    EXPECT_EQ(presented("basic Og=="), "");
    EXPECT_EQ(presented("basic dXNlcjpwYXNz"), "pass");
    EXPECT_EQ(presented("Basic !!"), "");
}

TEST(Auth, WritesActorsThatItReads) {
    const Actor actor{KeyType::user, "Uaccount", "Uuser", "Uproject"};
    const auto read = decode_actor(encode_actor(actor));
    ASSERT_TRUE(read);
    EXPECT_EQ(read->type, KeyType::user);
    EXPECT_EQ(read->account, "Uaccount");
    EXPECT_EQ(read->id, "Uuser");
    EXPECT_EQ(read->project, "Uproject");
}

TEST(Auth, RefusesWhatIsNoActor) {
    for (const char* text :
         {"", "{}", "[]", "{\"type\":\"operator\"}", "{\"type\":\"king\",\"account\":\"U\"}",
          "{\"type\":1,\"account\":\"U\"}", "{\"type\":\"operator\",\"account\":\"U\"} x"}) {
        EXPECT_FALSE(decode_actor(text)) << text;
    }
}

}  // namespace
}  // namespace redirector::api
