#include "redirector/http/wire.hpp"

#include <array>
#include <charconv>

namespace redirector::http {

namespace {

struct StatusLine {
    std::size_t status;
    std::string_view line;  // whole, so that the common case is one append
};

// The statuses that anything here answers with (RFC 9110 15, RFC 6585).
constexpr StatusLine kKnownStatusLines[] = {
    {200, "HTTP/1.1 200 OK\r\n"},
    {201, "HTTP/1.1 201 Created\r\n"},
    {202, "HTTP/1.1 202 Accepted\r\n"},
    {204, "HTTP/1.1 204 No Content\r\n"},
    {301, "HTTP/1.1 301 Moved Permanently\r\n"},
    {302, "HTTP/1.1 302 Found\r\n"},
    {303, "HTTP/1.1 303 See Other\r\n"},
    {304, "HTTP/1.1 304 Not Modified\r\n"},
    {307, "HTTP/1.1 307 Temporary Redirect\r\n"},
    {308, "HTTP/1.1 308 Permanent Redirect\r\n"},
    {400, "HTTP/1.1 400 Bad Request\r\n"},
    {401, "HTTP/1.1 401 Unauthorized\r\n"},
    {403, "HTTP/1.1 403 Forbidden\r\n"},
    {404, "HTTP/1.1 404 Not Found\r\n"},
    {405, "HTTP/1.1 405 Method Not Allowed\r\n"},
    {406, "HTTP/1.1 406 Not Acceptable\r\n"},
    {408, "HTTP/1.1 408 Request Timeout\r\n"},
    {409, "HTTP/1.1 409 Conflict\r\n"},
    {410, "HTTP/1.1 410 Gone\r\n"},
    {412, "HTTP/1.1 412 Precondition Failed\r\n"},
    {413, "HTTP/1.1 413 Content Too Large\r\n"},
    {414, "HTTP/1.1 414 URI Too Long\r\n"},
    {415, "HTTP/1.1 415 Unsupported Media Type\r\n"},
    {417, "HTTP/1.1 417 Expectation Failed\r\n"},
    {422, "HTTP/1.1 422 Unprocessable Content\r\n"},
    {428, "HTTP/1.1 428 Precondition Required\r\n"},
    {429, "HTTP/1.1 429 Too Many Requests\r\n"},
    {431, "HTTP/1.1 431 Request Header Fields Too Large\r\n"},
    {500, "HTTP/1.1 500 Internal Server Error\r\n"},
    {501, "HTTP/1.1 501 Not Implemented\r\n"},
    {502, "HTTP/1.1 502 Bad Gateway\r\n"},
    {503, "HTTP/1.1 503 Service Unavailable\r\n"},
    {504, "HTTP/1.1 504 Gateway Timeout\r\n"},
    {505, "HTTP/1.1 505 HTTP Version Not Supported\r\n"},
};

constexpr auto kStatusLines = [] {
    std::array<std::string_view, 600> lines;
    for (const StatusLine& known : kKnownStatusLines)
        lines[known.status] = known.line;
    return lines;
}();

void append_number(std::size_t number, std::string& out, int base = 10) {
    std::array<char, 20> digits;  // 2^64 has 20
    const auto [end, error] =
        std::to_chars(digits.data(), digits.data() + digits.size(), number, base);
    out.append(digits.data(), end);
}

void append_status_line(int status, std::string& out) {
    const auto number = static_cast<std::size_t>(status);
    if (number < kStatusLines.size() && !kStatusLines[number].empty()) {
        out.append(kStatusLines[number]);
        return;
    }
    out.append("HTTP/1.1 ");
    append_number(number, out);
    out.append(" \r\n");
}

bool has_content(int status) {
    return status >= 200 && status != 204 && status != 304;
}

constexpr std::array<std::string_view, 7> kDays = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
constexpr std::array<std::string_view, 12> kMonths = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                      "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

}  // namespace

void append_reply(const Reply& reply,
                  const Framing& framing,
                  std::string_view date,
                  std::string& out) {
    append_status_line(reply.status, out);
    out.append("Server: redirector\r\nDate: ").append(date).append("\r\n");
    if (framing.persistence == Persistence::close) {
        out.append("Connection: close\r\n");
    } else if (framing.persistence == Persistence::keep_http_1_0) {
        out.append("Connection: keep-alive\r\n");
    }
    out.append(reply.fields);
    if (!has_content(reply.status)) {
        out.append("\r\n");
        return;
    }
    if (!reply.content_type.empty()) {
        out.append("Content-Type: ").append(reply.content_type).append("\r\n");
    }
    if (framing.length != Length::counted) {
        if (framing.length == Length::chunked) out.append("Transfer-Encoding: chunked\r\n");
        out.append("\r\n");
        return;
    }
    out.append("Content-Length: ");
    append_number(reply.body.size(), out);
    out.append("\r\n\r\n");
    if (!framing.head_only) out.append(reply.body);
}

void append_chunk(std::string_view piece, std::string& out) {
    if (piece.empty()) return;  // would end the body
    append_number(piece.size(), out, 16);
    out.append("\r\n").append(piece).append("\r\n");
}

std::string http_date(std::time_t seconds) {
    std::tm parts{};
    gmtime_r(&seconds, &parts);
    const auto two = [](int number) {
        return std::string{static_cast<char>('0' + number / 10),
                           static_cast<char>('0' + number % 10)};
    };
    std::string date(kDays[static_cast<std::size_t>(parts.tm_wday)]);
    date.append(", ").append(two(parts.tm_mday)).append(" ");
    date.append(kMonths[static_cast<std::size_t>(parts.tm_mon)]).append(" ");
    append_number(static_cast<std::size_t>(parts.tm_year) + 1900, date);
    date.append(" ").append(two(parts.tm_hour)).append(":").append(two(parts.tm_min));
    return date.append(":").append(two(parts.tm_sec)).append(" GMT");
}

}  // namespace redirector::http
