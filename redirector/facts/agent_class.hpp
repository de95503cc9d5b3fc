// What kind of client a User-Agent string names, cheaply enough to ask before each redirect.
// Shape:   one pass over at most kMaxAgentLength bytes; each word is looked up in a table of about
//          two hundred (agent_words.cpp), and words that end in bot, crawler or spider count as
//          bots. No regular expressions, no allocation.
// Errors:  none: any bytes are a client of some kind, if only an unknown one.
// Threads: classify_agent is pure; AgentClassCache belongs to one thread.
// Source:  heuristics of our own, compared with uap-core's test strings in tests/facts (README.md
//          states the agreement).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace redirector::facts {

inline constexpr std::size_t kMaxAgentLength = 512;  // bytes looked at

enum class DeviceType : std::uint8_t {
    unknown,  // no User-Agent, or one that tells nothing
    mobile,
    tablet,
    desktop,
    tv,
    console,
    wearable,
    bot,
    other,  // a program or library: curl, okhttp ...
};

enum class OsFamily : std::uint8_t {
    unknown,
    android,
    ios,  // iPhone, iPod and iPad alike
    windows,
    macos,
    linux,
    chromeos,
    harmonyos,
    tizen,
    webos,
    kaios,
    blackberry,
    symbian,
    windows_phone,
    other,
};

enum class BrowserFamily : std::uint8_t {
    unknown,
    chrome,
    safari,
    firefox,
    edge,
    opera,
    samsung,
    android_browser,
    internet_explorer,
    uc,
    yandex,
    vivaldi,
    duckduckgo,
    miui,
    huawei,
    silk,
    wechat,    // in-app browsers
    facebook,  // also Messenger
    instagram,
    line,
    snapchat,
    tiktok,
    pinterest,
    twitter,
    google_app,
    other,
};

// Lower-case names as rules and documents spell them: "mobile", "ios", "samsung internet" ...;
// empty for unknown.
std::string_view name(DeviceType device);
std::string_view name(OsFamily os);
std::string_view name(BrowserFamily browser);

struct AgentClass {
    DeviceType device = DeviceType::unknown;
    OsFamily os = OsFamily::unknown;
    BrowserFamily browser = BrowserFamily::unknown;
    bool bot = false;      // crawlers, monitors, previews: no one looks at what they fetch
    bool preview = false;  // a bot that fetches for a link preview in a chat or on a social network

    friend bool operator==(const AgentClass&, const AgentClass&) = default;
};

AgentClass classify_agent(std::string_view user_agent);

// Classes of agent strings seen lately. A string is known by a 64-bit hash with a random key, so
// two strings share an entry once in 2^64 and no client can aim for it.
class AgentClassCache {
  public:
    // `slots` is rounded up to a power of two; 16 bytes each.
    explicit AgentClassCache(std::size_t slots = 4096);

    AgentClass classify(std::string_view user_agent);

  private:
    struct Slot {
        std::uint64_t hash = 0;
        AgentClass agent;
    };
    std::uint64_t key_;
    std::vector<Slot> slots_;
};

}  // namespace redirector::facts
