#include "redirector/http/wire.hpp"

#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <gtest/gtest.h>

namespace redirector::http {
namespace {

constexpr std::string_view kDate = "Sun, 06 Nov 1994 08:49:37 GMT";

std::string bytes_of(const Reply& reply, const Framing& framing = {}) {
    std::string out;
    append_reply(reply, framing, kDate, out);
    return out;
}

Reply redirect() {
    Reply reply;
    reply.status = 307;
    reply.add("Location", "https://example.com/");
    return reply;
}

TEST(Wire, WritesARedirectWhole) {
    EXPECT_EQ(bytes_of(redirect()),
              "HTTP/1.1 307 Temporary Redirect\r\n"
              "Server: redirector\r\n"
              "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n"
              "Location: https://example.com/\r\n"
              "Content-Length: 0\r\n"
              "\r\n");
}

TEST(Wire, WritesABodyWithItsTypeAndLength) {
    Reply reply;
    reply.content_type = "text/plain";
    reply.body = "hello\n";
    EXPECT_EQ(bytes_of(reply),
              "HTTP/1.1 200 OK\r\n"
              "Server: redirector\r\n"
              "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n"
              "Content-Type: text/plain\r\n"
              "Content-Length: 6\r\n"
              "\r\n"
              "hello\n");
}

TEST(Wire, AnswersHeadWithTheFieldsOfGetAndNoBody) {
    Reply reply;
    reply.content_type = "text/plain";
    reply.body = "hello\n";
    const std::string get = bytes_of(reply);
    EXPECT_EQ(bytes_of(reply, {.head_only = true}), get.substr(0, get.size() - 6));
}

TEST(Wire, TellsTheClientHowTheConnectionGoesOn) {
    const auto connection = [](Persistence persistence) {
        const std::string bytes = bytes_of(redirect(), {.persistence = persistence});
        const std::size_t at = bytes.find("Connection: ");
        return at == bytes.npos ? "" : bytes.substr(at, bytes.find("\r\n", at) - at);
    };
    EXPECT_EQ(connection(Persistence::keep), "");
    EXPECT_EQ(connection(Persistence::close), "Connection: close");
    EXPECT_EQ(connection(Persistence::keep_http_1_0), "Connection: keep-alive");
}

TEST(Wire, SendsNeitherLengthNorBodyWhereTheStatusForbidsThem) {
    for (const int status : {204, 304}) {
        Reply reply;
        reply.status = status;
        reply.content_type = "text/plain";
        reply.body = "must not appear";
        reply.add("ETag", "\"1\"");
        const std::string bytes = bytes_of(reply);
        EXPECT_EQ(bytes.find("Content-Length"), bytes.npos) << status;
        EXPECT_TRUE(bytes.ends_with("ETag: \"1\"\r\n\r\n")) << bytes;
    }
}

TEST(Wire, KeepsAnUnknownStatusWithAnEmptyReason) {
    Reply reply;
    reply.status = 299;
    EXPECT_TRUE(bytes_of(reply).starts_with("HTTP/1.1 299 \r\nServer"));
}

TEST(Wire, AppendsBehindWhatIsThere) {
    std::string out = "before";
    append_reply(redirect(), {}, kDate, out);
    EXPECT_EQ(out, "before" + bytes_of(redirect()));
}

// Beast's own parser reads every status back as one whole message.
TEST(Wire, IsReadBackByAnotherParser) {
    namespace beast = boost::beast;
    for (int status = 200; status < 600; ++status) {
        for (const bool head_only : {false, true}) {
            Reply reply;
            reply.status = status;
            reply.body = "some body";
            reply.add("X-Tried", "a\r\nInjected: b");
            const std::string bytes = bytes_of(reply, {.head_only = head_only});
            beast::http::response_parser<beast::http::string_body> parser;
            parser.skip(head_only);
            parser.eager(true);
            boost::system::error_code error;
            const std::size_t used = parser.put(boost::asio::buffer(bytes), error);
            ASSERT_FALSE(error) << status << error.message();
            ASSERT_TRUE(parser.is_done()) << status;
            EXPECT_EQ(used, bytes.size()) << status;
            EXPECT_EQ(parser.get().result_int(), static_cast<unsigned>(status));
            EXPECT_EQ(parser.get()["X-Tried"], "a  Injected: b");
            EXPECT_EQ(parser.get().count("Injected"), 0U);
            const bool has_body = !head_only && status != 204 && status != 304;
            EXPECT_EQ(parser.get().body(), has_body ? "some body" : "") << status;
        }
    }
}

TEST(Wire, WritesPiecesOfABodyAsChunks) {
    std::string out;
    append_chunk("", out);  // an empty chunk would end the body
    append_chunk(std::string(26, 'x'), out);
    out.append(kLastChunk);
    EXPECT_EQ(out, "1a\r\n" + std::string(26, 'x') + "\r\n0\r\n\r\n");
}

TEST(Wire, WritesDatesOfTheEpochAndOfLeapYears) {
    EXPECT_EQ(http_date(0), "Thu, 01 Jan 1970 00:00:00 GMT");
    EXPECT_EQ(http_date(784111777), kDate);
    EXPECT_EQ(http_date(951827696), "Tue, 29 Feb 2000 12:34:56 GMT");
}

}  // namespace
}  // namespace redirector::http
