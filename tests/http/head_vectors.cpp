#include "tests/http/request_vectors.hpp"

namespace redirector::http {

namespace {

using namespace std::string_literals;

using Vectors = std::vector<RequestVector>;

std::string get(const std::string& fields) {
    return "GET / HTTP/1.1\r\nHost: a\r\n" + fields + "\r\n";
}
std::string line(const std::string& request_line) {
    return request_line + "\r\nHost: a\r\n\r\n";
}
std::string target(const std::string& text) {
    return line("GET " + text + " HTTP/1.1");
}
std::string host(const std::string& field) {
    return "GET / HTTP/1.1\r\n" + field + "\r\n";
}

void add_request_lines(Vectors& all) {
    all.push_back({"plain", line("GET / HTTP/1.1"), "200"});
    all.push_back({"head", line("HEAD / HTTP/1.1"), "200"});
    all.push_back({"delete", line("DELETE / HTTP/1.1"), "200"});
    all.push_back({"options", line("OPTIONS / HTTP/1.1"), "200"});
    all.push_back({"options for the server", line("OPTIONS * HTTP/1.1"), "200"});
    all.push_back({"asterisk for another method", line("GET * HTTP/1.1"), "400"});
    all.push_back({"known, never allowed: patch", line("PATCH / HTTP/1.1"), "200"});
    all.push_back({"known, never allowed: trace", line("TRACE / HTTP/1.1"), "200"});
    all.push_back({"known, never allowed: propfind", line("PROPFIND / HTTP/1.1"), "200"});
    all.push_back({"connect", line("CONNECT a:443 HTTP/1.1"), "501"});
    all.push_back({"connect with a path", line("CONNECT / HTTP/1.1"), "501"});
    all.push_back({"unknown method", line("BREW / HTTP/1.1"), "501"});
    all.push_back({"method in lower case", line("get / HTTP/1.1"), "501"});
    all.push_back({"method in mixed case", line("Get / HTTP/1.1"), "501"});
    all.push_back({"method of all token bytes", line("!#$%&'*+-.^_`|~9 / HTTP/1.1"), "501"});
    all.push_back({"method with a bracket", line("GE(T / HTTP/1.1"), "400"});
    all.push_back({"method with a NUL", line("GE\0T / HTTP/1.1"s), "400"});
    all.push_back({"method with a colon", line("GET: / HTTP/1.1"), "400"});
    all.push_back({"method in quotes", line("\"GET\" / HTTP/1.1"), "400"});
    all.push_back({"method beyond ASCII", line("G\xc3\x8bT / HTTP/1.1"), "400"});
    all.push_back({"no method", line(" / HTTP/1.1"), "400"});
    all.push_back({"blank before the method", line(" GET / HTTP/1.1"), "400"});
    all.push_back({"tab before the method", line("\tGET / HTTP/1.1"), "400"});
    all.push_back({"tab after the method", line("GET\t/ HTTP/1.1"), "400"});
    all.push_back({"two blanks after the method", line("GET  / HTTP/1.1"), "400"});
    all.push_back({"two blanks after the target", line("GET /  HTTP/1.1"), "400"});
    all.push_back({"tab after the target", line("GET /\tHTTP/1.1"), "400"});
    all.push_back({"blank after the version", line("GET / HTTP/1.1 "), "400"});
    all.push_back({"word after the version", line("GET / HTTP/1.1 x"), "400"});
    all.push_back({"no target", line("GET HTTP/1.1"), "400"});
    all.push_back({"empty target", line("GET  HTTP/1.1"), "400"});
    all.push_back({"one line, no version (HTTP/0.9)", line("GET /"), "400"});
    all.push_back({"line feed alone ends the line", "GET / HTTP/1.1\nHost: a\r\n\r\n", "400"});
    all.push_back({"line feeds alone everywhere", "GET / HTTP/1.1\nHost: a\n\n", "400"});
    all.push_back({"carriage return alone", "GET / HTTP/1.1\rHost: a\r\n\r\n", "400"});
    all.push_back({"carriage return twice", "GET / HTTP/1.1\r\r\nHost: a\r\n\r\n", "400"});
    all.push_back({"one empty line before", "\r\n" + line("GET / HTTP/1.1"), "200"});
    all.push_back({"two empty lines before", "\r\n\r\n" + line("GET / HTTP/1.1"), "400"});
    all.push_back({"line feed before", "\n" + line("GET / HTTP/1.1"), "400"});
    all.push_back({"nothing but an empty line", "\r\n", ""});
    all.push_back({"TLS greeting", "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\n"s, "400"});
    all.push_back({"NULs", std::string(32, '\0') + "\r\n\r\n", "400"});
    all.push_back({"HTTP/2 preface", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "505"});
    all.push_back({"a response", "HTTP/1.1 200 OK\r\nHost: a\r\n\r\n", "400"});
    all.push_back({"incomplete line", "GET / HT", ""});
    all.push_back({"incomplete head", "GET / HTTP/1.1\r\nHost: a\r\n", ""});
}

void add_versions(Vectors& all) {
    all.push_back({"HTTP/1.0", line("GET / HTTP/1.0"), "200"});
    for (const char* version : {"0.9", "1.2", "1.9", "2.0", "2.1", "3.0", "9.9"}) {
        all.push_back({"HTTP/"s + version, line("GET / HTTP/"s + version), "505"});
    }
    for (const char* version :
         {"HTTP/1",    "HTTP/1.",   "HTTP/1.10", "HTTP/11",    "HTTP/01.1",
          "HTTP/1,1",  "HTTP/1 .1", "HTTP /1.1", "http/1.1",   "Http/1.1",
          "HTTP\\1.1", "HTTP/a.b",  "HTTP/-1.1", "HTTP/+1.1",  "HTTPS/1.1",
          "HTP/1.1",   "ICY/1.1",   "HTTP/1.1x", "HTTP/1.1.1", "\"HTTP/1.1\""}) {
        all.push_back({"version "s + version, line("GET / "s + version), "400"});
    }
}

void add_targets(Vectors& all) {
    all.push_back({"query", target("/a?b=c"), "200"});
    all.push_back({"empty query", target("/a?"), "200"});
    all.push_back({"two question marks", target("/a?b?c"), "200"});
    all.push_back({"dot segments stay", target("/../../etc/passwd"), "200"});
    all.push_back({"two slashes stay a path", target("//evil.example/x"), "200"});
    all.push_back({"backslash", target("/\\evil.example"), "200"});
    all.push_back({"escapes", target("/%00%0d%0aX:%20y"), "200"});
    all.push_back({"bytes that browsers leave", target("/a\"<>^`{|}"), "200"});
    all.push_back({"fragment", target("/a#b"), "400"});
    all.push_back({"fragment in the query", target("/a?b#c"), "400"});
    all.push_back({"blank inside", target("/a b"), "400"});
    all.push_back({"tab inside", target("/a\tb"), "400"});
    all.push_back({"NUL inside", target("/a\0b"s), "400"});
    all.push_back({"control inside", target("/a\x01z"), "400"});
    all.push_back({"escape character inside", target("/a\x1b[31m"), "400"});
    all.push_back({"DEL inside", target("/a\x7f"), "400"});
    all.push_back({"carriage return inside", target("/a\rb"), "400"});
    all.push_back({"line feed inside", target("/a\nb"), "400"});
    all.push_back({"no slash first", target("a"), "400"});
    all.push_back({"question mark first", target("?a"), "400"});
    all.push_back({"authority form", target("a:80"), "400"});
    all.push_back({"absolute form", target("http://b/x?y"), "200"});
    all.push_back({"absolute form, https", target("https://b/"), "200"});
    all.push_back({"absolute form, no path", target("http://b"), "200"});
    all.push_back({"absolute form, query at once", target("http://b?q"), "200"});
    all.push_back({"absolute form in capitals", target("HTTP://B.EXAMPLE/"), "200"});
    all.push_back({"absolute form with a port", target("http://b:8080/"), "200"});
    all.push_back({"absolute form, IPv6", target("http://[2001:db8::1]:80/"), "200"});
    all.push_back({"absolute form, other scheme", target("ftp://b/"), "400"});
    all.push_back({"absolute form, script", target("javascript:alert(1)"), "400"});
    all.push_back({"absolute form, one slash", target("http:/b/"), "400"});
    all.push_back({"absolute form, no host", target("http:///x"), "400"});
    all.push_back({"absolute form, scheme alone", target("http:"), "400"});
    all.push_back({"absolute form, half a scheme", target("htt"), "400"});
    all.push_back({"absolute form, port alone", target("http://:80/"), "400"});
    all.push_back({"absolute form, user", target("http://u@b/"), "400"});
    all.push_back({"absolute form, user and password", target("http://u:p@b/"), "400"});
    all.push_back({"absolute form, large port", target("http://b:65536/"), "400"});
    all.push_back({"absolute form, fragment", target("http://b#f"), "400"});
    all.push_back({"absolute form, backslash", target("http://b\\c/"), "400"});
    all.push_back({"target of 4096 bytes", target("/" + std::string(4095, 'a')), "200"});
    all.push_back({"target of 4097 bytes", target("/" + std::string(4096, 'a')), "414"});
    all.push_back({"query of 4096 bytes", target("/?" + std::string(4096, 'a')), "414"});
    all.push_back({"request line of 9000 bytes", target("/" + std::string(9000, 'a')), "414"});
    all.push_back({"request line without an end", "GET /" + std::string(8187, 'a'), "414"});
    all.push_back({"method without an end", std::string(8192, 'A'), "414"});
}

void add_hosts(Vectors& all) {
    const auto good = [&](const std::string& value) {
        all.push_back({"host " + value, host("Host: " + value + "\r\n"), "200"});
    };
    const auto bad = [&](const std::string& value) {
        all.push_back({"host " + value, host("Host: " + value + "\r\n"), "400"});
    };
    for (const char* value : {"tn.gg", "TN.GG", "a:80", "a:", "a:0", "a:65535", "127.0.0.1:8080",
                              "[::1]", "[::1]:80", "[2001:DB8::1]", "[::ffff:192.0.2.1]", "a-b_c.d",
                              "a%41", "xn--bcher-kva.example", "a,b", "a;b=c", "!$&'()*+,;="}) {
        good(value);
    }
    for (const char* value :
         {"",     ":80", "a:65536", "a:123456", "a:8o",     "a:-1",   "a:80:80",  "a b", "a\tb",
          "a/b",  "a@b", "u@a:80",  "a?b",      "a#b",      "a\\b",   "a%",       "a%4", "a%zz",
          "[::1", "::1", "[]",      "[::1]x",   "[::1]:x",  "[g::1]", "a[b]",     "<a>", "\"a\"",
          "a^b",  "a|b", "{a}",     "a`b",      "http://a", "a\x80",  "a\xc3\xa9"}) {
        bad(value);
    }
    bad("a\0b"s);
    all.push_back({"no host", "GET / HTTP/1.1\r\n\r\n", "400"});
    all.push_back({"no host in HTTP/1.0", "GET / HTTP/1.0\r\n\r\n", "200"});
    all.push_back({"no host beside absolute form", "GET http://b/ HTTP/1.1\r\n\r\n", "400"});
    all.push_back({"two hosts", host("Host: a\r\nHost: b\r\n"), "400"});
    all.push_back({"the same host twice", host("Host: a\r\nHost: a\r\n"), "400"});
    all.push_back({"two hosts in HTTP/1.0", "GET / HTTP/1.0\r\nHost: a\r\nHost: b\r\n\r\n", "400"});
    all.push_back({"host in capitals", host("HOST: a\r\n"), "200"});
    all.push_back({"host in small letters", host("host: a\r\n"), "200"});
    all.push_back({"blanks around the host", host("Host: \t a \t \r\n"), "200"});
    all.push_back({"no blank before the host", host("Host:a\r\n"), "200"});
}

void add_fields(Vectors& all) {
    all.push_back({"empty value", get("X:\r\n"), "200"});
    all.push_back({"blank value", get("X:  \t \r\n"), "200"});
    all.push_back({"tab inside a value", get("X: a\tb\r\n"), "200"});
    all.push_back({"bytes beyond ASCII in a value", get("X: \xc3\xa9\xff\r\n"), "200"});
    all.push_back({"all token bytes in a name", get("!#$%&'*+-.^_`|~: x\r\n"), "200"});
    all.push_back({"blank before the colon", get("X : a\r\n"), "400"});
    all.push_back({"tab before the colon", get("X\t: a\r\n"), "400"});
    all.push_back({"blank before the host's colon", "GET / HTTP/1.1\r\nHost : a\r\n\r\n", "400"});
    all.push_back({"empty name", get(": a\r\n"), "400"});
    all.push_back({"no colon", get("X a\r\n"), "400"});
    all.push_back({"no colon, one word", get("X\r\n"), "400"});
    all.push_back({"blank in a name", get("X Y: a\r\n"), "400"});
    all.push_back({"NUL in a name", get("X\0Y: a\r\n"s), "400"});
    all.push_back({"byte beyond ASCII in a name", get("X\xe9: a\r\n"), "400"});
    all.push_back({"bracket in a name", get("X[]: a\r\n"), "400"});
    all.push_back({"quote in a name", get("\"X\": a\r\n"), "400"});
    all.push_back({"slash in a name", get("X/Y: a\r\n"), "400"});
    all.push_back({"NUL in a value", get("X: a\0b\r\n"s), "400"});
    all.push_back({"control in a value", get("X: a\x01z\r\n"), "400"});
    all.push_back({"escape character in a value", get("X: a\x1b[0m\r\n"), "400"});
    all.push_back({"DEL in a value", get("X: a\x7f\r\n"), "400"});
    all.push_back({"carriage return in a value", get("X: a\rb\r\n"), "400"});
    all.push_back({"line feed in a value", get("X: a\nb: c\r\n"), "400"});
    all.push_back({"line feed ends a field", get("X: a\n"), "400"});
    all.push_back({"carriage return ends a field", get("X: a\r"), "400"});
    all.push_back({"folded by a blank", get("X: a\r\n b\r\n"), "400"});
    all.push_back({"folded by a tab", get("X: a\r\n\tb\r\n"), "400"});
    all.push_back({"folded, first line empty", get("X:\r\n b\r\n"), "400"});
    all.push_back({"folded, second line empty", get("X: a\r\n \r\n"), "400"});
    all.push_back({"folded, both empty", get("X:\r\n \r\n"), "400"});
    all.push_back({"folded host", "GET / HTTP/1.1\r\nHost: a\r\n b\r\n\r\n", "400"});
    all.push_back({"folded before any field", "GET / HTTP/1.1\r\n Host: a\r\n\r\n", "400"});
    all.push_back({"folded Transfer-Encoding", get("Transfer-Encoding:\r\n chunked\r\n"), "400"});
    for (const char* name :
         {"Authorization", "Content-Type", "User-Agent", "Referer", "Origin", "DNT", "Sec-GPC"}) {
        const std::string one = std::string(name) + ": 1\r\n";
        all.push_back({"one "s + name, get(one), "200"});
        all.push_back({"two of "s + name, get(one + one), "400"});
    }
    for (const char* name : {"Accept", "Accept-Language", "If-Match", "If-None-Match",
                             "X-Forwarded-For", "Forwarded"}) {
        const std::string one = std::string(name) + ": 1\r\n";
        all.push_back({"two of "s + name, get(one + one), "200"});
    }
    all.push_back({"Connection: close", get("Connection: close\r\n"), "200"});
    all.push_back({"Connection with a malformed list", get("Connection: a b\r\n"), "400"});
    all.push_back(
        {"Upgrade is not followed", get("Connection: Upgrade\r\nUpgrade: h2c\r\n"), "200"});
    all.push_back({"unknown expectation", get("Expect: 200-ok\r\n"), "417"});
    all.push_back({"empty expectation", get("Expect:\r\n"), "417"});
    all.push_back({"one expectation of two unknown", get("Expect: 100-continue, x\r\n"), "417"});
    all.push_back(
        {"unknown expectation in HTTP/1.0", "GET / HTTP/1.0\r\nExpect: x\r\n\r\n", "200"});
    all.push_back({"encoded content", get("Content-Encoding: gzip\r\n"), "415"});
    all.push_back({"content not encoded", get("Content-Encoding: Identity\r\n"), "200"});
    std::string many;
    for (int i = 0; i < 99; ++i)
        many += "X: y\r\n";
    all.push_back({"100 fields", get(many), "200"});
    all.push_back({"101 fields", get(many + "X: y\r\n"), "431"});
    // "GET / HTTP/1.1" to the last CRLF, less the name, colon and line end of one field.
    const std::size_t frame = get("X:\r\n").size();
    all.push_back(
        {"head of 8192 bytes", get("X:" + std::string(8192 - frame, 'a') + "\r\n"), "200"});
    all.push_back(
        {"head of 8193 bytes", get("X:" + std::string(8193 - frame, 'a') + "\r\n"), "431"});
    all.push_back({"head of 20000 bytes", get("X:" + std::string(20000, 'a') + "\r\n"), "431"});
    all.push_back({"name of 9000 bytes", get(std::string(9000, 'X') + ": a\r\n"), "431"});
}

}  // namespace

std::vector<RequestVector> head_vectors() {
    Vectors all;
    add_request_lines(all);
    add_versions(all);
    add_targets(all);
    add_hosts(all);
    add_fields(all);
    return all;
}

}  // namespace redirector::http
