// A redirect that memory can answer allocates nothing: look-up, rules, record and reply.
#include "redirector/http/wire.hpp"
#include "tests/root/memory_edge.hpp"

#include <gtest/gtest.h>

extern std::size_t allocations;  // tests/http/counting_new.cpp

namespace redirector {
namespace {

TEST(RedirectAllocation, IsNoneWhenMemoryKnowsTheRedirectionAndItsRules) {
    MemoryEdge edge(phone_rules(10));
    const Request request = phone_request();
    Reply reply;
    std::string output;
    const auto answer = [&] {
        reply.clear();
        output.clear();
        const bool answered = edge.app().answer_now(request, reply);
        http::append_reply(reply, {}, "Sun, 06 Nov 1994 08:49:37 GMT", output);
        return answered;
    };
    for (int warm = 0; warm < 10; ++warm)
        ASSERT_TRUE(answer());
    ASSERT_NE(output.find("Location: https://example.com/landing/ABCDEFGHKM\r\n"), output.npos);
    const std::size_t before = allocations;
    for (int number = 0; number < 1000; ++number)
        answer();
    // The spool's keeper prepares segments on a thread of its own: a few, not one per request.
    EXPECT_LT(allocations - before, 100U);
    EXPECT_EQ(edge.services().metrics.scans_recorded.get(), 1010U);
}

}  // namespace
}  // namespace redirector
