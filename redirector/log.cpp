#include "redirector/log.hpp"

#include <array>
#include <chrono>
#include <ctime>
#include <unistd.h>

namespace redirector::log {
namespace {

void append_text(std::string& line, std::string_view text) {
    line += '"';
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (c == '"' || c == '\\') {
            line += '\\';
            line += c;
        } else if (byte < 0x20 || byte >= 0x7f) {  // also what may be no UTF-8
            constexpr std::string_view kHex = "0123456789abcdef";
            line.append("\\u00") += kHex[byte >> 4];
            line += kHex[byte & 15];
        } else {
            line += c;
        }
    }
    line += '"';
}

void append_time(std::string& line) {
    const auto now = std::chrono::system_clock::now();
    const std::time_t seconds = std::chrono::system_clock::to_time_t(now);
    std::tm parts{};
    gmtime_r(&seconds, &parts);
    std::array<char, 32> text{};
    line.append(text.data(), std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%S.", &parts));
    const auto ms =
        std::chrono::duration_cast<std::chrono::milliseconds>(now.time_since_epoch()).count() %
        1000;
    line.append(std::to_string(1000 + ms), 1).append("Z");
}

}  // namespace

void write(Level level, std::string_view event, std::initializer_list<Item> items) {
    constexpr std::array<std::string_view, 3> kLevels{"info", "warning", "error"};
    std::string line = "{\"time\":\"";
    append_time(line);
    line.append("\",\"level\":\"")
        .append(kLevels[static_cast<std::size_t>(level)])
        .append("\",\"event\":");
    append_text(line, event);
    for (const Item& item : items) {
        line += ',';
        append_text(line, item.name);
        line += ':';
        if (item.is_number) {
            line.append(std::to_string(item.number));
        } else {
            append_text(line, item.text);
        }
    }
    line.append("}\n");
    // A log that cannot be written has nowhere to say so.
    [[maybe_unused]] const auto written = ::write(STDERR_FILENO, line.data(), line.size());
}

}  // namespace redirector::log
