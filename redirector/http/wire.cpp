#include "redirector/http/wire.hpp"

#include <array>
#include <charconv>

namespace redirector::http {

namespace {

// The statuses that anything here answers with (RFC 9110 15, RFC 6585), whole lines so that the
// common case is one append.
std::string_view status_line(int status) {
    switch (status) {
        case 200:
            return "HTTP/1.1 200 OK\r\n";
        case 201:
            return "HTTP/1.1 201 Created\r\n";
        case 202:
            return "HTTP/1.1 202 Accepted\r\n";
        case 204:
            return "HTTP/1.1 204 No Content\r\n";
        case 301:
            return "HTTP/1.1 301 Moved Permanently\r\n";
        case 302:
            return "HTTP/1.1 302 Found\r\n";
        case 303:
            return "HTTP/1.1 303 See Other\r\n";
        case 304:
            return "HTTP/1.1 304 Not Modified\r\n";
        case 307:
            return "HTTP/1.1 307 Temporary Redirect\r\n";
        case 308:
            return "HTTP/1.1 308 Permanent Redirect\r\n";
        case 400:
            return "HTTP/1.1 400 Bad Request\r\n";
        case 401:
            return "HTTP/1.1 401 Unauthorized\r\n";
        case 403:
            return "HTTP/1.1 403 Forbidden\r\n";
        case 404:
            return "HTTP/1.1 404 Not Found\r\n";
        case 405:
            return "HTTP/1.1 405 Method Not Allowed\r\n";
        case 406:
            return "HTTP/1.1 406 Not Acceptable\r\n";
        case 408:
            return "HTTP/1.1 408 Request Timeout\r\n";
        case 409:
            return "HTTP/1.1 409 Conflict\r\n";
        case 410:
            return "HTTP/1.1 410 Gone\r\n";
        case 412:
            return "HTTP/1.1 412 Precondition Failed\r\n";
        case 413:
            return "HTTP/1.1 413 Content Too Large\r\n";
        case 414:
            return "HTTP/1.1 414 URI Too Long\r\n";
        case 415:
            return "HTTP/1.1 415 Unsupported Media Type\r\n";
        case 417:
            return "HTTP/1.1 417 Expectation Failed\r\n";
        case 422:
            return "HTTP/1.1 422 Unprocessable Content\r\n";
        case 428:
            return "HTTP/1.1 428 Precondition Required\r\n";
        case 429:
            return "HTTP/1.1 429 Too Many Requests\r\n";
        case 431:
            return "HTTP/1.1 431 Request Header Fields Too Large\r\n";
        case 500:
            return "HTTP/1.1 500 Internal Server Error\r\n";
        case 501:
            return "HTTP/1.1 501 Not Implemented\r\n";
        case 502:
            return "HTTP/1.1 502 Bad Gateway\r\n";
        case 503:
            return "HTTP/1.1 503 Service Unavailable\r\n";
        case 504:
            return "HTTP/1.1 504 Gateway Timeout\r\n";
        case 505:
            return "HTTP/1.1 505 HTTP Version Not Supported\r\n";
        default:
            return {};
    }
}

void append_number(std::size_t number, std::string& out) {
    std::array<char, 20> digits;  // 2^64 has 20
    const auto [end, error] = std::to_chars(digits.data(), digits.data() + digits.size(), number);
    out.append(digits.data(), end);
}

void append_status_line(int status, std::string& out) {
    const std::string_view line = status_line(status);
    if (!line.empty()) {
        out.append(line);
        return;
    }
    out.append("HTTP/1.1 ");
    append_number(static_cast<std::size_t>(status), out);
    out.append(" \r\n");
}

bool has_content(int status) {
    return status >= 200 && status != 204 && status != 304;
}

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
    out.append("Content-Length: ");
    append_number(reply.body.size(), out);
    out.append("\r\n\r\n");
    if (!framing.head_only) out.append(reply.body);
}

std::string http_date(std::time_t seconds) {
    static constexpr std::array<std::string_view, 7> kDays = {"Sun", "Mon", "Tue", "Wed",
                                                              "Thu", "Fri", "Sat"};
    static constexpr std::array<std::string_view, 12> kMonths = {
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    std::tm parts{};
    gmtime_r(&seconds, &parts);
    const auto two = [](int number) {
        return std::string{static_cast<char>('0' + number / 10),
                           static_cast<char>('0' + number % 10)};
    };
    std::string date(kDays[static_cast<std::size_t>(parts.tm_wday)]);
    date.append(", ").append(two(parts.tm_mday)).append(" ");
    date.append(kMonths[static_cast<std::size_t>(parts.tm_mon)]).append(" ");
    append_number(static_cast<std::size_t>(parts.tm_year + 1900), date);
    date.append(" ").append(two(parts.tm_hour)).append(":").append(two(parts.tm_min));
    return date.append(":").append(two(parts.tm_sec)).append(" GMT");
}

}  // namespace redirector::http
