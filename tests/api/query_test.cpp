#include "redirector/api/query.hpp"

#include <gtest/gtest.h>

namespace redirector::api {
namespace {

TEST(Query, DecodesNamesAndValues) {
    const Query query("a=1&b%20c=%C3%A9+x&flag&=e&a=2");
    EXPECT_EQ(query.find("a"), "1");
    EXPECT_EQ(query.find("b c"), "\xC3\xA9 x");
    EXPECT_EQ(query.find("flag"), "");
    EXPECT_EQ(query.find("none"), std::nullopt);
}

TEST(Query, LeavesMalformedEscapes) {
    const Query query("a=%4&b=%zz&c=%");
    EXPECT_EQ(query.find("a"), "%4");
    EXPECT_EQ(query.find("b"), "%zz");
    EXPECT_EQ(query.find("c"), "%");
}

TEST(Query, ReadsABoundedNumber) {
    std::string text;
    for (int i = 0; i < 1000; ++i)
        text += "p" + std::to_string(i) + "=1&";
    EXPECT_EQ(Query(text).all().size(), Query::kMaxParameters);
}

TEST(Paging, HasDefaultsAndBounds) {
    Paging paging;
    EXPECT_TRUE(read_paging(Query(""), paging).empty());
    EXPECT_EQ(paging.per_page, 30U);
    EXPECT_FALSE(paging.ascending);
    EXPECT_TRUE(
        read_paging(Query("perPage=100&sortOrder=ASCENDING&nextPageToken=t"), paging).empty());
    EXPECT_EQ(paging.per_page, 100U);
    EXPECT_TRUE(paging.ascending);
    EXPECT_EQ(paging.after, "t");
}

TEST(Paging, NamesTheParameterThatIsWrong) {
    for (const char* text :
         {"perPage=0", "perPage=101", "perPage=-1", "perPage=ten", "perPage=", "perPage=5x"}) {
        Paging paging;
        const Problems problems = read_paging(Query(text), paging);
        ASSERT_EQ(problems.size(), 1U) << text;
        EXPECT_EQ(problems[0].field, "perPage");
        EXPECT_EQ(info(problems[0].code).status, 400);
    }
    Paging paging;
    EXPECT_EQ(read_paging(Query("sortOrder=up"), paging).at(0).field, "sortOrder");
}

// The SDK splits the field at ',' and ';' and decodes what is between < and > once.
TEST(Paging, LinksToTheNextPageWhollyEncoded) {
    const Query query("perPage=2&filter=a%3Db%2Cc&nextPageToken=old");
    const std::string link = next_link("http://api.test", "/redirections", query, "new");
    EXPECT_EQ(link,
              "<http%3A%2F%2Fapi.test%2Fredirections%3FperPage%3D2%26filter%3Da%253Db%252Cc%"
              "26nextPageToken%3Dnew>; "
              "rel=\"next\"");
}

}  // namespace
}  // namespace redirector::api
