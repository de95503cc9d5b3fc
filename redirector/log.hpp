// The log: one JSON object per line on standard error, for management requests, errors and changes
// of state; never one per redirect. No value of an Authorization header, cookie or query is ever
// passed to it.
// Units:   "time" is RFC 3339 in UTC with milliseconds.
// Threads: any; a line is written whole.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <thread>

namespace redirector::log {

enum class Level : std::uint8_t { info, warning, error };

// A named value of a line: text is escaped byte by byte (controls, and all beyond ASCII), numbers stand bare.
struct Item {
    Item(std::string_view name_, std::string_view text_) : name(name_), text(text_) {}
    Item(std::string_view name_, const std::string& text_) : name(name_), text(text_) {}
    Item(std::string_view name_, const char* text_) : name(name_), text(text_) {}
    Item(std::string_view name_, std::int64_t number_)
        : name(name_), number(number_), is_number(true) {}

    std::string_view name;
    std::string_view text;
    std::int64_t number = 0;
    bool is_number = false;
};

void write(Level level, std::string_view event, std::initializer_list<Item> items = {});

// While one lives, a thread of its own writes the lines, so that whoever reads standard error slowly
// holds up no request; lines beyond 1 MiB that wait are dropped and counted.
class Writer {
  public:
    Writer();
    ~Writer();  // writes what waits
    Writer(const Writer&) = delete;
    Writer& operator=(const Writer&) = delete;

    static std::uint64_t dropped();

  private:
    std::thread thread_;
};

}  // namespace redirector::log
