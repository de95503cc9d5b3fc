#include "redirector/api/webhook_signature.hpp"

#include <gtest/gtest.h>

namespace redirector::api {
namespace {

// The example of the Standard Webhooks libraries.
TEST(WebhookSignature, IsThatOfStandardWebhooks) {
    const auto key = webhook_key("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");
    ASSERT_TRUE(key);
    EXPECT_EQ(webhook_signature(*key, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330,
                                R"({"test": 2432232314})"),
              "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
}

TEST(WebhookKey, TakesWhatIsDrawn) {
    const std::string secret = new_webhook_secret();
    ASSERT_TRUE(webhook_key(secret));
    EXPECT_EQ(webhook_key(secret)->size(), 32U);
    EXPECT_NE(new_webhook_secret(), secret);
}

TEST(WebhookKey, RefusesWhatIsShortLongOrNoBase64) {
    const std::string thirty_two(32, 'A');  // 24 bytes
    EXPECT_TRUE(webhook_key("whsec_" + thirty_two));
    EXPECT_FALSE(webhook_key(thirty_two));
    EXPECT_FALSE(webhook_key("whsec_" + thirty_two.substr(4)));
    EXPECT_FALSE(webhook_key("whsec_" + thirty_two + "A"));
    EXPECT_FALSE(webhook_key("whsec_" + thirty_two + "\n"));
    EXPECT_FALSE(webhook_key("whsec_" + std::string(88, 'A')));  // 66 bytes
    EXPECT_FALSE(webhook_key("whsec_"));
    EXPECT_FALSE(webhook_key(""));
}

}  // namespace
}  // namespace redirector::api
