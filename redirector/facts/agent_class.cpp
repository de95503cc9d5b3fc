#include "redirector/facts/agent_class.hpp"

#include "redirector/facts/agent_words.hpp"

#include <bit>
#include <cstring>
#include <random>

namespace redirector::facts {
namespace {

using Word = AgentWord;

// WhatsApp fetches previews under its bare name; the app itself names the phone that it runs on.
bool is_preview(const AgentWords& words, OsFamily os) {
    const bool bare_whatsapp =
        words.has(Word::whatsapp) && !words.has(Word::mozilla) && os == OsFamily::unknown;
    return words.has(Word::preview) || bare_whatsapp;
}

OsFamily os_of(const AgentWords& words) {
    // Systems that name others for compatibility come before those that they name.
    if (words.has(Word::windows_phone)) return OsFamily::windows_phone;
    if (words.has(Word::windows) && words.has(Word::phone)) return OsFamily::windows_phone;
    if (words.has(Word::harmonyos)) return OsFamily::harmonyos;
    if (words.has(Word::kaios)) return OsFamily::kaios;
    if (words.has(Word::tizen)) return OsFamily::tizen;
    if (words.has(Word::webos)) return OsFamily::webos;
    if (words.has(Word::chromeos)) return OsFamily::chromeos;
    if (words.has_any(Word::android, Word::dalvik, Word::silk)) return OsFamily::android;
    if (words.has_any(Word::iphone, Word::ipad, Word::ipod)) return OsFamily::ios;
    if (words.has(Word::blackberry)) return OsFamily::blackberry;
    if (words.has(Word::symbian)) return OsFamily::symbian;
    if (words.has(Word::windows)) return OsFamily::windows;
    if (words.has(Word::macintosh)) return OsFamily::macos;
    if (words.has(Word::other_system)) return OsFamily::other;
    if (words.has(Word::linux)) return OsFamily::linux;
    // Apps that use Apple's network library name only its kernel.
    if (words.has(Word::darwin)) return words.has(Word::intel) ? OsFamily::macos : OsFamily::ios;
    return OsFamily::unknown;
}

bool is_tablet(const AgentWords& words, OsFamily os) {
    // "Tablet PC 2.0" on Windows is a desktop with a component installed.
    if (os == OsFamily::windows) return false;
    if (words.has_any(Word::ipad, Word::tablet)) return true;
    // Browsers of Android tablets leave out "Mobile"; apps leave it out everywhere.
    return os == OsFamily::android && !words.has(Word::mobile) &&
           words.has_any(Word::applewebkit, Word::gecko);
}

DeviceType device_of(const AgentWords& words, OsFamily os) {
    if (words.has(Word::tv)) return DeviceType::tv;
    if (words.has(Word::console)) return DeviceType::console;
    if (words.has(Word::watch)) return DeviceType::wearable;
    if (is_tablet(words, os)) return DeviceType::tablet;
    switch (os) {
        case OsFamily::android:
        case OsFamily::ios:
        case OsFamily::harmonyos:
        case OsFamily::kaios:
        case OsFamily::blackberry:
        case OsFamily::symbian:
        case OsFamily::windows_phone:
            return DeviceType::mobile;
        case OsFamily::webos:
            return words.has(Word::mobile) ? DeviceType::mobile : DeviceType::tv;
        default:
            break;
    }
    if (words.has_any(Word::mobile, Word::feature_phone)) return DeviceType::mobile;
    switch (os) {
        case OsFamily::windows:
        case OsFamily::macos:
        case OsFamily::linux:
        case OsFamily::chromeos:
            return DeviceType::desktop;
        default:
            return DeviceType::other;
    }
}

struct BrowserWord {
    Word word;
    BrowserFamily browser;
};

// The first that is there wins: browsers that name others for compatibility come first, and apps
// before the browser engine that they embed.
constexpr BrowserWord kBrowserWords[]{
    {Word::wechat, BrowserFamily::wechat},
    {Word::instagram, BrowserFamily::instagram},
    {Word::facebook, BrowserFamily::facebook},
    {Word::line, BrowserFamily::line},
    {Word::snapchat, BrowserFamily::snapchat},
    {Word::tiktok, BrowserFamily::tiktok},
    {Word::pinterest, BrowserFamily::pinterest},
    {Word::twitter, BrowserFamily::twitter},
    {Word::google_app, BrowserFamily::google_app},
    {Word::other_browser, BrowserFamily::other},
    {Word::edge, BrowserFamily::edge},
    {Word::uc, BrowserFamily::uc},
    {Word::opera, BrowserFamily::opera},
    {Word::samsung, BrowserFamily::samsung},
    {Word::yandex, BrowserFamily::yandex},
    {Word::vivaldi, BrowserFamily::vivaldi},
    {Word::duckduckgo, BrowserFamily::duckduckgo},
    {Word::miui, BrowserFamily::miui},
    {Word::huawei, BrowserFamily::huawei},
    {Word::silk, BrowserFamily::silk},
    {Word::windows_phone, BrowserFamily::internet_explorer},
    {Word::internet_explorer, BrowserFamily::internet_explorer},
    {Word::firefox, BrowserFamily::firefox},
    {Word::chrome, BrowserFamily::chrome},
};

BrowserFamily browser_of(const AgentWords& words, OsFamily os) {
    for (const auto& [word, browser] : kBrowserWords) {
        if (words.has(word)) return browser;
    }
    if (!words.has(Word::applewebkit)) return BrowserFamily::other;
    if (os == OsFamily::android) return BrowserFamily::android_browser;
    // Web views on iOS leave "Safari" out.
    if (os == OsFamily::ios) return BrowserFamily::safari;
    return words.has(Word::safari) && words.has(Word::version) ? BrowserFamily::safari
                                                               : BrowserFamily::other;
}

std::uint64_t mix(std::uint64_t a, std::uint64_t b) {
    const auto product = static_cast<unsigned __int128>(a) * b;
    return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
}

// Multiply-and-fold over words of eight bytes; the key keeps clients from finding collisions.
std::uint64_t keyed_hash(std::string_view text, std::uint64_t key) {
    constexpr std::uint64_t kOdd = 0x9E3779B97F4A7C15;
    std::uint64_t hash = key ^ text.size();
    while (text.size() >= 8) {
        std::uint64_t word = 0;
        std::memcpy(&word, text.data(), 8);
        hash = mix(hash ^ word, key | kOdd);
        text.remove_prefix(8);
    }
    std::uint64_t tail = 0;
    if (!text.empty()) std::memcpy(&tail, text.data(), text.size());
    return mix(hash ^ tail, kOdd) | 1;  // never 0, the mark of an empty slot
}

template <std::size_t size, class Enum>
std::string_view name_in(const std::array<std::string_view, size>& names, Enum value) {
    return names[static_cast<std::size_t>(value)];
}

}  // namespace

AgentClass classify_agent(std::string_view user_agent) {
    user_agent = user_agent.substr(0, kMaxAgentLength);
    if (user_agent.empty()) return {};
    const auto words = words_of(user_agent);
    AgentClass agent;
    agent.os = os_of(words);
    agent.preview = is_preview(words, agent.os);
    agent.bot = agent.preview || words.has(Word::bot);
    agent.device = agent.bot ? DeviceType::bot : device_of(words, agent.os);
    agent.browser = agent.bot ? BrowserFamily::other : browser_of(words, agent.os);
    return agent;
}

AgentClassCache::AgentClassCache(std::size_t slots) : slots_(std::bit_ceil(slots)) {
    std::random_device random;
    key_ = std::uint64_t{random()} << 32 | random();
}

AgentClass AgentClassCache::classify(std::string_view user_agent) {
    user_agent = user_agent.substr(0, kMaxAgentLength);
    const auto hash = keyed_hash(user_agent, key_);
    Slot& slot = slots_[hash >> 1 & (slots_.size() - 1)];
    if (slot.hash != hash) slot = {hash, classify_agent(user_agent)};
    return slot.agent;
}

std::string_view name(DeviceType device) {
    static constexpr std::array<std::string_view, 9> kNames{
        "", "mobile", "tablet", "desktop", "tv", "console", "wearable", "bot", "other"};
    return name_in(kNames, device);
}

std::string_view name(OsFamily os) {
    static constexpr std::array<std::string_view, 15> kNames{
        "",      "android",    "ios",       "windows",       "macos",
        "linux", "chromeos",   "harmonyos", "tizen",         "webos",
        "kaios", "blackberry", "symbian",   "windows phone", "other"};
    return name_in(kNames, os);
}

std::string_view name(BrowserFamily browser) {
    static constexpr std::array<std::string_view, 26> kNames{"",
                                                             "chrome",
                                                             "safari",
                                                             "firefox",
                                                             "edge",
                                                             "opera",
                                                             "samsung internet",
                                                             "android browser",
                                                             "internet explorer",
                                                             "uc browser",
                                                             "yandex",
                                                             "vivaldi",
                                                             "duckduckgo",
                                                             "miui",
                                                             "huawei",
                                                             "silk",
                                                             "wechat",
                                                             "facebook",
                                                             "instagram",
                                                             "line",
                                                             "snapchat",
                                                             "tiktok",
                                                             "pinterest",
                                                             "twitter",
                                                             "google app",
                                                             "other"};
    return name_in(kNames, browser);
}

}  // namespace redirector::facts
