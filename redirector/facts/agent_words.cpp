#include "redirector/facts/agent_words.hpp"

#include "redirector/facts/text.hpp"

#include <algorithm>
#include <array>
#include <cstddef>

namespace redirector::facts {
namespace {

using enum AgentWord;

struct Entry {
    std::string_view text;  // in lower case
    AgentWord word;
    char next = 0;  // counts only before this character, if any: "Line/13.1", "Web0S"
};

constexpr auto kEntries = std::to_array<Entry>({
    {"android", android},
    {"adr", android, ' '},
    {"iphone", iphone},
    {"ipad", ipad},
    {"ipados", ipad},
    {"ipod", ipod},
    {"ios", iphone},
    {"fbios", facebook},
    {"darwin", darwin},
    {"cfnetwork", darwin},
    {"windows", windows},
    {"win", windows},
    {"winnt", windows},
    {"phone", phone},
    {"iemobile", windows_phone},
    {"wpdesktop", windows_phone},
    {"windowsphone", windows_phone},
    {"windowsphoneos", windows_phone},
    {"wds", windows_phone, ' '},
    {"macintosh", macintosh},
    {"mac", macintosh},
    {"macos", macintosh},
    {"macbook", macintosh},
    {"macbookpro", macintosh},
    {"macbookair", macintosh},
    {"macmini", macintosh},
    {"macpro", macintosh},
    {"imac", macintosh},
    {"linux", linux},
    {"ubuntu", linux},
    {"fedora", linux},
    {"debian", linux},
    {"cros", chromeos},
    {"harmonyos", harmonyos},
    {"openharmony", harmonyos},
    {"tizen", tizen},
    {"webos", webos},
    {"web", webos, '0'},
    {"hpwos", webos},
    {"kaios", kaios},
    {"blackberry", blackberry},
    {"bb", blackberry, '1'},
    {"playbook", blackberry},
    {"symbian", symbian},
    {"symbianos", symbian},
    {"symbos", symbian},
    {"series", symbian, '6'},
    {"s", symbian, '6'},
    {"freebsd", other_system},
    {"openbsd", other_system},
    {"netbsd", other_system},
    {"sunos", other_system},
    {"meego", other_system},
    {"bada", other_system},
    {"sailfish", other_system},

    {"mobile", mobile},
    {"mobi", mobile},
    {"tablet", tablet},
    {"pad", tablet},
    {"tab", tablet},
    {"mediapad", tablet},
    {"matepad", tablet},
    {"kindle", tablet},
    {"tv", tv},
    {"smarttv", tv},
    {"smart", tv, '-'},
    {"googletv", tv},
    {"appletv", tv},
    {"tvos", tv},
    {"hbbtv", tv},
    {"netcast", tv},
    {"roku", tv},
    {"bravia", tv},
    {"crkey", tv},
    {"viera", tv},
    {"aft", tv},
    {"aftt", tv},
    {"aftm", tv},
    {"afts", tv},
    {"aftb", tv},
    {"inettv", tv},
    {"playstation", console},
    {"xbox", console},
    {"nintendo", console},
    {"wii", console},
    {"psp", console},
    {"watch", watch},
    {"watchos", watch},
    {"midp", feature_phone},
    {"cldc", feature_phone},
    {"j", feature_phone, '2'},
    {"docomo", feature_phone},
    {"brew", feature_phone},
    {"maui", feature_phone},
    {"palm", feature_phone},
    {"intel", intel},
    {"x", intel, '8'},
    {"i", intel, '3'},

    {"applewebkit", applewebkit},
    {"gecko", gecko},
    {"dalvik", dalvik},
    {"version", version, '/'},
    {"safari", safari, '/'},
    {"chrome", chrome, '/'},
    {"chromium", chrome, '/'},
    {"crios", chrome, '/'},
    {"crmo", chrome, '/'},
    {"firefox", firefox, '/'},
    {"fxios", firefox, '/'},
    {"edg", edge, '/'},
    {"edge", edge, '/'},
    {"edga", edge, '/'},
    {"edgios", edge, '/'},
    {"opera", opera},
    {"opr", opera, '/'},
    {"opios", opera, '/'},
    {"opx", opera, '/'},
    {"opt", opera, '/'},
    {"mini", opera_mini},
    {"samsungbrowser", samsung, '/'},
    {"msie", internet_explorer},
    {"trident", internet_explorer},
    {"ucbrowser", uc},
    {"ucweb", uc},
    {"uc", uc, ' '},
    {"ubrowser", uc},
    {"yabrowser", yandex, '/'},
    {"vivaldi", vivaldi, '/'},
    {"ddg", duckduckgo, '/'},
    {"duckduckgo", duckduckgo},
    {"miuibrowser", miui, '/'},
    {"huaweibrowser", huawei, '/'},
    {"silk", silk, '/'},
    {"micromessenger", wechat},
    {"fban", facebook},
    {"fbav", facebook},
    {"instagram", instagram},
    {"line", line, '/'},
    {"snapchat", snapchat},
    {"musical", tiktok},
    {"bytedancewebview", tiktok},
    {"tiktok", tiktok},
    {"trill", tiktok},
    {"pinterest", pinterest},
    {"twitter", twitter},
    {"twitterandroid", twitter},
    {"gsa", google_app, '/'},
    {"seamonkey", other_browser, '/'},
    {"iceweasel", other_browser, '/'},
    {"palemoon", other_browser, '/'},
    {"qqbrowser", other_browser},
    {"mqqbrowser", other_browser},
    {"maxthon", other_browser},
    {"puffin", other_browser, '/'},
    {"whale", other_browser, '/'},
    {"dolphin", other_browser, '/'},
    {"konqueror", other_browser, '/'},
    {"epiphany", other_browser, '/'},
    {"coc", other_browser, '_'},
    {"otter", other_browser, '/'},
    {"netfront", other_browser, '/'},
    {"electron", other_browser, '/'},
    {"brave", other_browser, '/'},
    {"baidubrowser", other_browser},
    {"bidubrowser", other_browser},
    {"baiduboxapp", other_browser},

    {"mozilla", mozilla},
    {"whatsapp", whatsapp},
    {"crawl", bot},
    {"slurp", bot},
    {"bots", bot},
    {"archiver", bot},
    {"validator", bot},
    {"mediapartners", bot},
    {"feedfetcher", bot},
    {"lighthouse", bot},
    {"headlesschrome", bot},
    {"phantomjs", bot},
    {"scrapy", bot},
    {"nutch", bot},
    {"heritrix", bot},
    {"pingdom", bot},
    {"statuscake", bot},
    {"datadog", bot},
    {"newrelicpinger", bot},
    {"monitor", bot},
    {"monitoring", bot},
    {"scanner", bot},
    {"teoma", bot},
    {"favicon", bot},
    {"thumbnail", bot},
    {"webthumbnail", bot},
    {"seeker", bot},
    {"sleuth", bot},
    {"ptst", bot, '/'},
    {"monitis", bot},
    {"genieo", bot},
    {"wordpress", bot, '/'},
    {"indexer", bot},
    {"preview", preview},
    {"facebookexternalhit", preview},
    {"facebookcatalog", preview},
    {"facebot", preview},
    {"twitterbot", preview},
    {"linkedinbot", preview},
    {"slackbot", preview},
    {"telegrambot", preview},
    {"discordbot", preview},
    {"redditbot", preview},
    {"pinterestbot", preview},
    {"skypeuripreview", preview},
    {"bingpreview", preview},
    {"microsoftpreview", preview},
    {"embedly", preview},
    {"iframely", preview},
    {"vkshare", preview},
    {"cardyb", preview},
    {"mastodon", preview},
});

constexpr std::size_t kSlots = 1024;
constexpr std::uint8_t kNone = 0xFF;
static_assert(kEntries.size() < kNone);

// The first eight letters in lower case, as one number, and the length: enough to tell most words
// apart before their letters are compared.
struct WordKey {
    std::uint64_t head = 0;
    std::size_t size = 0;

    constexpr void push(char folded) {
        if (size++ < 8) head = head << 8 | static_cast<std::uint8_t>(folded);
    }
    constexpr std::size_t slot() const {
        return static_cast<std::size_t>(((head + size) * 0x9E3779B97F4A7C15) >> 54) % kSlots;
    }
};

constexpr auto kTable = [] {
    std::array<std::uint8_t, kSlots> table{};
    table.fill(kNone);
    for (std::size_t entry = 0; entry < kEntries.size(); ++entry) {
        WordKey key;
        for (const char c : kEntries[entry].text)
            key.push(c);
        auto slot = key.slot();
        while (table[slot] != kNone)
            slot = (slot + 1) % kSlots;
        table[slot] = static_cast<std::uint8_t>(entry);
    }
    return table;
}();

constexpr auto kLetters = [] {
    std::array<char, 256> letters{};  // the lower-case letter, or 0
    for (int c = 0; c < 256; ++c) {
        const auto letter = static_cast<char>(c);
        if (c < 128 && is_letter(letter)) letters[static_cast<std::size_t>(c)] = lower(letter);
    }
    return letters;
}();

const Entry* find_entry(const WordKey& key, std::string_view word) {
    for (auto slot = key.slot(); kTable[slot] != kNone; slot = (slot + 1) % kSlots) {
        const Entry& entry = kEntries[kTable[slot]];
        if (entry.text.size() == word.size() && equal_folded(entry.text, word)) return &entry;
    }
    return nullptr;
}

bool ends_folded(std::string_view word, std::string_view ending) {
    return word.size() >= ending.size() &&
           equal_folded(word.substr(word.size() - ending.size()), ending);
}

// Cubot makes phones.
bool names_a_bot(std::string_view word) {
    switch (word.back() | 0x20) {
        case 't':
            return ends_folded(word, "bot") && !ends_folded(word, "cubot");
        case 'r':
            return ends_folded(word, "crawler") || ends_folded(word, "spider");
        default:
            return false;
    }
}

}  // namespace

AgentWords words_of(std::string_view user_agent) {
    AgentWords words;
    const auto letter_at = [user_agent](std::size_t at) {
        return kLetters[static_cast<std::uint8_t>(user_agent[at])];
    };
    for (std::size_t at = 0; at < user_agent.size();) {
        if (letter_at(at) == 0) {
            ++at;
            continue;
        }
        const auto begin = at;
        WordKey key;
        for (; at < user_agent.size() && letter_at(at) != 0; ++at)
            key.push(letter_at(at));
        const auto word = user_agent.substr(begin, at - begin);
        const char next = at < user_agent.size() ? user_agent[at] : '\0';
        const Entry* entry = find_entry(key, word);
        if (entry != nullptr && (entry->next == 0 || entry->next == next)) words.add(entry->word);
        if (names_a_bot(word)) words.add(bot);
    }
    return words;
}

}  // namespace redirector::facts
