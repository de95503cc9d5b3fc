#include "redirector/log.hpp"

#include <array>
#include <chrono>
#include <condition_variable>
#include <ctime>
#include <mutex>
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

constexpr std::size_t kMostWaiting = 1 << 20;

// A log that cannot be written has nowhere to say so.
void write_out(std::string_view text) {
    while (!text.empty()) {
        const auto written = ::write(STDERR_FILENO, text.data(), text.size());
        if (written <= 0) return;
        text.remove_prefix(static_cast<std::size_t>(written));
    }
}

struct Queue {
    std::mutex mutex;
    std::condition_variable wake;
    std::string waiting;  // whole lines
    std::uint64_t dropped = 0;
    bool writing = false;  // a Writer lives
};

Queue& lines() {
    static Queue queue;
    return queue;
}

void write_lines(Queue& queue) {
    std::string taken;
    std::unique_lock lock(queue.mutex);
    for (;;) {
        queue.wake.wait(lock, [&queue] { return !queue.writing || !queue.waiting.empty(); });
        if (queue.waiting.empty()) return;
        taken.swap(queue.waiting);
        lock.unlock();
        write_out(taken);
        taken.clear();
        lock.lock();
    }
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
    Queue& queue = lines();
    {
        const std::lock_guard lock(queue.mutex);
        if (!queue.writing) return write_out(line);
        if (queue.waiting.size() + line.size() > kMostWaiting) {
            ++queue.dropped;
            return;
        }
        queue.waiting += line;
    }
    queue.wake.notify_one();
}

Writer::Writer() {
    const std::lock_guard lock(lines().mutex);
    lines().writing = true;
    thread_ = std::thread([] { write_lines(lines()); });
}

Writer::~Writer() {
    {
        const std::lock_guard lock(lines().mutex);
        lines().writing = false;
    }
    lines().wake.notify_one();
    thread_.join();
}

std::uint64_t Writer::dropped() {
    const std::lock_guard lock(lines().mutex);
    return lines().dropped;
}

}  // namespace redirector::log
