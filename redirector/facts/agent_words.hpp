// The words of a User-Agent string that tell something, found in one pass. Only agent_class.cpp
// asks.
// Shape:   a word is a run of ASCII letters; it is looked up, without regard to case, in a hash
//          table with open addressing that the compiler builds.
#pragma once

#include <bitset>
#include <cstdint>
#include <string_view>

namespace redirector::facts {

// What a word tells. Several words may tell the same ("edg", "edga", "edge").
enum class AgentWord : std::uint8_t {
    // Systems
    android,
    iphone,
    ipad,
    ipod,
    darwin,
    windows,
    phone,
    windows_phone,
    macintosh,
    linux,
    chromeos,
    harmonyos,
    tizen,
    webos,
    kaios,
    blackberry,
    symbian,
    other_system,
    // Kinds of device
    mobile,
    tablet,
    tv,
    console,
    watch,
    feature_phone,
    intel,
    // Browsers and engines
    applewebkit,
    gecko,
    dalvik,
    version,
    safari,
    chrome,
    firefox,
    edge,
    opera,
    opera_mini,
    samsung,
    internet_explorer,
    uc,
    yandex,
    vivaldi,
    duckduckgo,
    miui,
    huawei,
    silk,
    wechat,
    facebook,
    instagram,
    line,
    snapchat,
    tiktok,
    pinterest,
    twitter,
    google_app,
    other_browser,
    // No one looks
    bot,
    preview,
    mozilla,
    whatsapp,
    count_,
};

class AgentWords {
  public:
    bool has(AgentWord word) const { return seen_[static_cast<std::size_t>(word)]; }
    template <class... Words>
    bool has_any(Words... words) const {
        return (has(words) || ...);
    }
    void add(AgentWord word) { seen_.set(static_cast<std::size_t>(word)); }

  private:
    std::bitset<static_cast<std::size_t>(AgentWord::count_)> seen_;
};

// The words of the string that are in the table; words that end in "bot", "crawler" or "spider" are
// bots as well.
AgentWords words_of(std::string_view user_agent);

}  // namespace redirector::facts
