#include "tests/http/request_vectors.hpp"

namespace redirector::http {

namespace {

using namespace std::string_literals;

using Vectors = std::vector<RequestVector>;

const std::string kNext = "GET /next HTTP/1.1\r\nHost: a\r\n\r\n";

std::string post(const std::string& fields, const std::string& body = "") {
    return "POST / HTTP/1.1\r\nHost: a\r\n" + fields + "\r\n" + body;
}
std::string chunked(const std::string& body) {
    return post("Transfer-Encoding: chunked\r\n", body);
}
std::string coding(const std::string& value, const std::string& body = "0\r\n\r\n") {
    return post("Transfer-Encoding: " + value + "\r\n", body);
}

void add_lengths(Vectors& all) {
    const auto length = [&](const std::string& value, const std::string& statuses) {
        all.push_back({"length " + value, post("Content-Length: " + value + "\r\n", "abc") + kNext,
                       statuses});
    };
    length("3", "200 200");
    length("003", "200 200");
    length(" 3 ", "200 200");
    for (const char* value : {"",
                              "+3",
                              "-3",
                              "-0",
                              "3.0",
                              "0x3",
                              "3a",
                              "a",
                              "3 3",
                              "3,3",
                              "3, 3",
                              "3,4",
                              ",3",
                              "3,",
                              "\"3\"",
                              "3;",
                              "1e0",
                              "18446744073709551616",
                              "99999999999999999999999",
                              "\xd9\xa3"}) {
        length(value, "400");
    }
    length("18446744073709551615", "413");
    length("65537", "413");
    all.push_back({"length 0", post("Content-Length: 0\r\n") + kNext, "200 200"});
    all.push_back({"no length, no body", post("") + kNext, "200 200"});
    all.push_back({"the same length twice",
                   post("Content-Length: 3\r\nContent-Length: 3\r\n", "abc"), "400"});
    all.push_back(
        {"two lengths", post("Content-Length: 3\r\nContent-Length: 4\r\n", "abcd"), "400"});
    all.push_back({"length 0 twice", post("Content-Length: 0\r\nContent-Length: 0\r\n"), "400"});
    all.push_back({"name in capitals", post("CONTENT-LENGTH: 3\r\n", "abc") + kNext, "200 200"});
    all.push_back({"body cut short", post("Content-Length: 3\r\n", "ab"), ""});
    all.push_back({"body of 65536 bytes",
                   post("Content-Length: 65536\r\n", std::string(65536, 'b')) + kNext, "200 200"});
    all.push_back({"body that looks like a request",
                   post("Content-Length: " + std::to_string(kNext.size()) + "\r\n", kNext), "200"});
    all.push_back({"body of NULs", post("Content-Length: 4\r\n", "\0\0\0\0"s) + kNext, "200 200"});
    all.push_back({"body on GET",
                   "GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc" + kNext, "200"});
    all.push_back({"body on HEAD",
                   "HEAD / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc" + kNext, "200"});
    all.push_back({"body on DELETE, never sent",
                   "DELETE / HTTP/1.1\r\nHost: a\r\nContent-Length: 9999999\r\n\r\n", "200"});
    all.push_back(
        {"chunked body on GET",
         "GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + kNext,
         "200"});
    all.push_back({"length 0 on GET",
                   "GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n" + kNext, "200 200"});
    all.push_back({"length in HTTP/1.0", "POST / HTTP/1.0\r\nContent-Length: 3\r\n\r\nabc", "200"});
    all.push_back(
        {"gzip body", post("Content-Encoding: gzip\r\nContent-Length: 3\r\n", "abc"), "415"});
}

void add_codings(Vectors& all) {
    all.push_back({"chunked", coding("chunked") + kNext, "200 200"});
    all.push_back({"chunked in capitals", coding("CHUNKED") + kNext, "200 200"});
    all.push_back({"blanks around chunked", coding(" \tchunked \t") + kNext, "200 200"});
    for (const char* value : {"gzip", "gzip, chunked", "chunked, gzip", "chunked, chunked",
                              "identity", "identity, chunked", "xchunked", "chunkedx",
                              "chunked;q=1", "\"chunked\"", "chunked,", ",chunked", "x chunked",
                              "\x0b"
                              "chunked",
                              "chunk", "cow"}) {
        const bool control = value[0] == '\x0b';
        all.push_back({"coding "s + value, coding(value) + kNext, control ? "400" : "501"});
    }
    all.push_back({"empty coding", coding("") + kNext, "501"});
    all.push_back({"coding gzip with a length",
                   post("Transfer-Encoding: gzip\r\nContent-Length: 3\r\n", "abc"), "501"});
    all.push_back({"length, then coding gzip",
                   post("Content-Length: 3\r\nTransfer-Encoding: gzip\r\n", "abc"), "400"});
    all.push_back({"chunked, then length",
                   post("Transfer-Encoding: chunked\r\nContent-Length: 3\r\n", "0\r\n\r\n"),
                   "400"});
    all.push_back({"length, then chunked",
                   post("Content-Length: 3\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n"),
                   "400"});
    all.push_back({"length 0, then chunked",
                   post("Content-Length: 0\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n"),
                   "400"});
    all.push_back(
        {"chunked twice",
         post("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n"), "400"});
    all.push_back({"chunked, then gzip on another line",
                   post("Transfer-Encoding: chunked\r\nTransfer-Encoding: gzip\r\n", "0\r\n\r\n"),
                   "400"});
    all.push_back(
        {"blank before the colon", post("Transfer-Encoding : chunked\r\n", "0\r\n\r\n"), "400"});
    all.push_back({"chunked in HTTP/1.0",
                   "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "400"});
    all.push_back({"name with an underscore is another field",
                   post("Transfer_Encoding: chunked\r\nContent-Length: 3\r\n", "abc") + kNext,
                   "200 200"});
}

void add_chunks(Vectors& all) {
    all.push_back({"one chunk", chunked("3\r\nabc\r\n0\r\n\r\n") + kNext, "200 200"});
    all.push_back({"two chunks", chunked("3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n") + kNext, "200 200"});
    all.push_back({"capital size", chunked("A\r\n0123456789\r\n0\r\n\r\n") + kNext, "200 200"});
    all.push_back({"small size", chunked("a\r\n0123456789\r\n0\r\n\r\n") + kNext, "200 200"});
    all.push_back({"size with zeros", chunked("0003\r\nabc\r\n000\r\n\r\n") + kNext, "200 200"});
    for (const char* size : {"", " 3", "0x3", "-3", "+3", "g", "3 3", "\"3\"", "3,", "x"}) {
        all.push_back({"size "s + size, chunked(size + "\r\nabc\r\n0\r\n\r\n"s) + kNext, "400"});
    }
    all.push_back({"size of 17 digits", chunked("10000000000000003\r\nabc\r\n0\r\n\r\n"), "400"});
    all.push_back({"size of 2^64 - 1", chunked("ffffffffffffffff\r\nabc\r\n0\r\n\r\n"), "413"});
    all.push_back({"size above the limit", chunked("10001\r\n"), "413"});
    all.push_back({"chunks together above the limit",
                   chunked("10000\r\n" + std::string(65536, 'b') + "\r\n1\r\nb\r\n0\r\n\r\n"),
                   "413"});
    all.push_back({"line feed after the size", chunked("3\nabc\r\n0\r\n\r\n"), "400"});
    all.push_back({"carriage return after the size", chunked("3\rabc\r\n0\r\n\r\n"), "400"});
    all.push_back({"line feed after the data", chunked("3\r\nabc\n0\r\n\r\n"), "400"});
    all.push_back({"no line end after the data", chunked("3\r\nabc0\r\n\r\n"), "400"});
    all.push_back({"data longer than the size", chunked("3\r\nabcd\r\n0\r\n\r\n"), "400"});
    all.push_back({"line feed after the last size", chunked("0\n\r\n") + kNext, "400"});
    all.push_back({"line feed ends the trailer", chunked("0\r\n\n") + kNext, "400"});
    all.push_back({"line feed ends a trailer line", chunked("0\r\nX: y\n\r\n") + kNext, "400"});
    all.push_back({"extension", chunked("3;a=b\r\nabc\r\n0;c\r\n\r\n") + kNext, "200 200"});
    all.push_back(
        {"quoted extension", chunked("3;a=\"b;c\"\r\nabc\r\n0\r\n\r\n") + kNext, "200 200"});
    all.push_back({"extension, open quote", chunked("3;a=\"b\r\nabc\r\n0\r\n\r\n") + kNext, "400"});
    all.push_back({"extension, NUL", chunked("3;a=b\0c\r\nabc\r\n0\r\n\r\n"s) + kNext, "400"});
    all.push_back({"extension, line feed", chunked("3;a\nb\r\nabc\r\n0\r\n\r\n") + kNext, "400"});
    all.push_back(
        {"extension, carriage return", chunked("3;a\rb\r\nabc\r\n0\r\n\r\n") + kNext, "400"});
    all.push_back({"extension of 4000 bytes",
                   chunked("3;" + std::string(4000, 'x') + "\r\nabc\r\n0\r\n\r\n") + kNext,
                   "200 200"});
    all.push_back({"extension of 5000 bytes",
                   chunked("3;" + std::string(5000, 'x') + "\r\nabc\r\n0\r\n\r\n") + kNext, "400"});
    all.push_back({"extension of 20000 bytes",
                   chunked("3;" + std::string(20000, 'x') + "\r\nabc\r\n0\r\n\r\n") + kNext,
                   "400"});
    std::string many;
    for (int i = 0; i < 50; ++i)
        many += "1;" + std::string(100, 'x') + "\r\nb\r\n";
    all.push_back({"extensions together too long", chunked(many + "0\r\n\r\n") + kNext, "400"});
    all.push_back({"chunk cut short", chunked("3\r\nab"), ""});
    all.push_back({"no last chunk", chunked("3\r\nabc\r\n"), ""});
    all.push_back({"no end of the trailer", chunked("0\r\n"), ""});
}

void add_trailers(Vectors& all) {
    all.push_back({"trailer", chunked("0\r\nX: y\r\n\r\n") + kNext, "200 200"});
    all.push_back(
        {"trailer with a key", chunked("0\r\nAuthorization: k\r\n\r\n") + kNext, "200 200"});
    all.push_back(
        {"trailer with a second host", chunked("0\r\nHost: b\r\n\r\n") + kNext, "200 200"});
    all.push_back(
        {"trailer with a length", chunked("0\r\nContent-Length: 3\r\n\r\n") + kNext, "400"});
    all.push_back({"trailer with a coding",
                   chunked("0\r\nTransfer-Encoding: chunked\r\n\r\n") + kNext, "400"});
    all.push_back({"trailer without a colon", chunked("0\r\nX\r\n\r\n") + kNext, "400"});
    all.push_back({"trailer of 8000 bytes",
                   chunked("0\r\nX: " + std::string(7000, 'y') + "\r\n\r\n") + kNext, "200 200"});
    all.push_back({"trailer of 9000 bytes",
                   chunked("0\r\nX: " + std::string(9000, 'y') + "\r\n\r\n") + kNext, "431"});
    all.push_back({"trailer of 20000 bytes",
                   chunked("0\r\nX: " + std::string(20000, 'y') + "\r\n\r\n") + kNext, "431"});
    std::string many;
    for (int i = 0; i < 101; ++i)
        many += "X: y\r\n";
    all.push_back({"trailer of 101 lines", chunked("0\r\n" + many + "\r\n") + kNext, "431"});
}

void add_sequences(Vectors& all) {
    all.push_back({"three requests", kNext + kNext + kNext, "200 200 200"});
    all.push_back({"a bad one ends it", kNext + "BAD\r\n\r\n" + kNext, "200 400"});
    all.push_back({"an empty line between", kNext + "\r\n" + kNext, "200 200"});
    all.push_back({"an empty line after a body",
                   post("Content-Length: 3\r\n", "abc") + "\r\n" + kNext, "200 200"});
    all.push_back({"more body than the length says", post("Content-Length: 3\r\n", "abcd") + kNext,
                   "200 501"});
    all.push_back({"a head that swallows the next one",
                   post("Content-Length: 0\r\n", "GET /x HTTP/1.1\r\nX:") + kNext, "200 200"});
    all.push_back({"nothing after close",
                   "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n" + kNext, "200"});
}

}  // namespace

std::vector<RequestVector> framing_vectors() {
    Vectors all;
    add_lengths(all);
    add_codings(all);
    add_chunks(all);
    add_trailers(all);
    add_sequences(all);
    return all;
}

}  // namespace redirector::http
