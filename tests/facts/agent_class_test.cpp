#include "redirector/facts/agent_class.hpp"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace redirector::facts {
namespace {

// "mobile ios safari", with "bot" or "preview" behind it.
std::string describe(const AgentClass& agent) {
    std::string text{name(agent.device)};
    text += " " + std::string{name(agent.os)} + " " + std::string{name(agent.browser)};
    if (agent.preview) {
        text += " preview";
    } else if (agent.bot) {
        text += " bot";
    }
    return text;
}

struct Case {
    const char* expected;
    std::string_view user_agent;
};

void expect_classes(std::initializer_list<Case> cases) {
    for (const auto& [expected, user_agent] : cases) {
        EXPECT_EQ(describe(classify_agent(user_agent)), expected) << user_agent;
    }
}

TEST(ClassifyAgent, KnowsPhones) {
    expect_classes({
        {"mobile ios safari",
         "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like "
         "Gecko) Version/17.5 Mobile/15E148 Safari/604.1"},
        {"mobile ios chrome",
         "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like "
         "Gecko) CriOS/125.0.6422.80 Mobile/15E148 Safari/604.1"},
        {"mobile ios firefox",
         "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like "
         "Gecko) FxiOS/126.0 Mobile/15E148 Safari/605.1.15"},
        {"mobile ios google app",
         "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like "
         "Gecko) GSA/317.0.634488990 Mobile/15E148 Safari/604.1"},
        {"mobile ios safari",
         "Mozilla/5.0 (iPhone; CPU iPhone OS 16_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like "
         "Gecko) Mobile/15E148"},
        {"mobile android chrome",
         "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) "
         "Chrome/125.0.0.0 Mobile Safari/537.36"},
        {"mobile android chrome",
         "Mozilla/5.0 (Linux; Android 8.0.0; BLN-L21 Build/OPR1.170623.032; wv) "
         "AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/125.0.0.0 Mobile "
         "Safari/537.36"},
        {"mobile android chrome",
         "Mozilla/5.0 (Linux; Android 13; motorola edge 30) AppleWebKit/537.36 (KHTML, like Gecko) "
         "Chrome/125.0.0.0 Mobile Safari/537.36"},
        {"mobile android chrome",
         "Mozilla/5.0 (Linux; Android 12; CUBOT X50) AppleWebKit/537.36 (KHTML, like Gecko) "
         "Chrome/125.0.0.0 Mobile Safari/537.36"},
        {"mobile android samsung internet",
         "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) "
         "SamsungBrowser/25.0 Chrome/121.0.0.0 Mobile Safari/537.36"},
        {"mobile android firefox",
         "Mozilla/5.0 (Android 14; Mobile; rv:126.0) Gecko/126.0 Firefox/126.0"},
        {"mobile android edge",
         "Mozilla/5.0 (Linux; Android 10; HD1913) AppleWebKit/537.36 (KHTML, like Gecko) "
         "Chrome/125.0.6422.72 Mobile Safari/537.36 EdgA/124.0.2478.104"},
        {"mobile android opera",
         "Mozilla/5.0 (Linux; Android 10; VOG-L29) AppleWebKit/537.36 (KHTML, like Gecko) "
         "Chrome/125.0.6422.72 Mobile Safari/537.36 OPR/76.2.4027.73374"},
        {"mobile harmonyos huawei",
         "Mozilla/5.0 (Linux; Android 12; HarmonyOS; ALN-AL00) AppleWebKit/537.36 (KHTML, like "
         "Gecko) Chrome/114.0.5735.196 HuaweiBrowser/15.0.4.312 Mobile Safari/537.36"},
        {"mobile windows phone edge",
         "Mozilla/5.0 (Windows Phone 10.0; Android 6.0.1; Microsoft; Lumia 950) AppleWebKit/537.36 "
         "(KHTML, like Gecko) Chrome/52.0.2743.116 Mobile Safari/537.36 Edge/15.15063"},
        {"mobile kaios firefox",
         "Mozilla/5.0 (Mobile; Nokia_8110_4G; rv:48.0) Gecko/48.0 Firefox/48.0 KAIOS/2.5"},
        {"mobile android other",
         "Dalvik/2.1.0 (Linux; U; Android 14; SM-S918B Build/UP1A.231005.007)"},
        {"mobile ios other", "MyApp/12 CFNetwork/1494.0.7 Darwin/23.4.0"},
    });
}

TEST(ClassifyAgent, KnowsTheBrowserInsideAnApp) {
    expect_classes({
        {"mobile ios instagram",
         "Mozilla/5.0 (iPhone; CPU iPhone OS 17_4_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, "
         "like "
         "Gecko) Mobile/21E236 Instagram 332.0.11.24.94 (iPhone13,2; iOS 17_4_1; en_US)"},
        {"mobile ios facebook",
         "Mozilla/5.0 (iPhone; CPU iPhone OS 17_4_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, "
         "like "
         "Gecko) Mobile/21E236 [FBAN/FBIOS;FBAV/464.0.0.40.110;FBBV/598148906]"},
        {"mobile android wechat",
         "Mozilla/5.0 (Linux; Android 13; M2102J2SC) AppleWebKit/537.36 (KHTML, like Gecko) "
         "Version/4.0 Chrome/116.0.0.0 Mobile Safari/537.36 XWEB/1160117 MMWEBSDK/20240404 "
         "MicroMessenger/8.0.49.2600(0x28003137) WeChat/arm64"},
        {"mobile ios line",
         "Mozilla/5.0 (iPhone; CPU iPhone OS 17_4 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like "
         "Gecko) Mobile/15E148 Safari Line/14.7.0"},
        {"mobile android tiktok",
         "Mozilla/5.0 (Linux; Android 13; SM-A536B) AppleWebKit/537.36 (KHTML, like Gecko) "
         "Version/4.0 Chrome/124.0 Mobile Safari/537.36 trill_340203 BytedanceWebview/d8a21c6"},
        {"mobile ios snapchat",
         "Mozilla/5.0 (iPhone; CPU iPhone OS 17_4 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like "
         "Gecko) Mobile/15E148 Snapchat/12.87.0.40 (like Safari/8617.2.4, panda)"},
    });
}

TEST(ClassifyAgent, KnowsTabletsDesktopsAndTheRest) {
    expect_classes({
        {"tablet ios safari",
         "Mozilla/5.0 (iPad; CPU OS 12_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
         "Version/12.1.2 Mobile/15E148 Safari/604.1"},
        {"tablet android chrome",
         "Mozilla/5.0 (Linux; Android 13; SM-X700) AppleWebKit/537.36 (KHTML, like Gecko) "
         "Chrome/125.0.0.0 Safari/537.36"},
        {"tablet android firefox",
         "Mozilla/5.0 (Android 13; Tablet; rv:126.0) Gecko/126.0 Firefox/126.0"},
        {"tablet android silk",
         "Mozilla/5.0 (Linux; Android 9; KFMAWI) AppleWebKit/537.36 (KHTML, like Gecko) "
         "Silk/124.4.3 like Chrome/124.0.6367.207 Safari/537.36"},
        {"desktop windows chrome",
         "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
         "Chrome/125.0.0.0 Safari/537.36"},
        {"desktop windows edge",
         "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
         "Chrome/125.0.0.0 Safari/537.36 Edg/124.0.2478.97"},
        {"desktop windows internet explorer",
         "Mozilla/4.0 (compatible; MSIE 8.0; Windows NT 6.1; Trident/4.0; Tablet PC 2.0)"},
        {"desktop macos safari",
         "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) "
         "Version/17.4.1 Safari/605.1.15"},
        {"desktop linux firefox",
         "Mozilla/5.0 (X11; Ubuntu; Linux x86_64; rv:126.0) Gecko/20100101 Firefox/126.0"},
        {"desktop chromeos chrome",
         "Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) AppleWebKit/537.36 (KHTML, like Gecko) "
         "Chrome/125.0.0.0 Safari/537.36"},
        {"tv tizen samsung internet",
         "Mozilla/5.0 (SMART-TV; LINUX; Tizen 7.0) AppleWebKit/537.36 (KHTML, like Gecko) "
         "SamsungBrowser/4.0 Chrome/94.0.4606.31 TV Safari/537.36"},
        {"tv webos chrome",
         "Mozilla/5.0 (Web0S; Linux/SmartTV) AppleWebKit/537.36 (KHTML, like Gecko) "
         "Chrome/94.0.4606.128 Safari/537.36 WebAppManager"},
        {"console  other",
         "Mozilla/5.0 (PlayStation; PlayStation 5/4.03) AppleWebKit/605.1.15 (KHTML, like Gecko)"},
        {"console windows edge",
         "Mozilla/5.0 (Windows NT 10.0; Win64; x64; Xbox; Xbox One) AppleWebKit/537.36 (KHTML, "
         "like "
         "Gecko) Chrome/58.0.3029.110 Safari/537.36 Edge/16.16299"},
        {"other  other", "curl/8.7.1"},
        {"other  other", "okhttp/4.12.0"},
        {"other  other", "x"},
        {"  ", ""},
    });
}

TEST(ClassifyAgent, FlagsBotsAndPreviews) {
    expect_classes({
        {"bot  other bot",
         "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"},
        {"bot android other bot",
         "Mozilla/5.0 (Linux; Android 6.0.1; Nexus 5X Build/MMB29P) AppleWebKit/537.36 (KHTML, "
         "like "
         "Gecko) Chrome/125.0.6422.60 Mobile Safari/537.36 (compatible; Googlebot/2.1; "
         "+http://www.google.com/bot.html)"},
        {"bot  other bot", "Mozilla/5.0 (compatible; Baiduspider/2.0)"},
        {"bot  other bot", "Mozilla/5.0 (compatible; MJ12bot/v1.4.8; http://mj12bot.com/)"},
        {"bot  other bot", "SomethingCrawler/1.0"},
        {"bot linux other bot",
         "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) "
         "HeadlessChrome/125.0.6422.60 Safari/537.36"},
        {"bot  other preview",
         "facebookexternalhit/1.1 (+http://www.facebook.com/externalhit_uatext.php)"},
        {"bot  other preview", "Twitterbot/1.0"},
        {"bot  other preview", "Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)"},
        {"bot  other preview", "TelegramBot (like TwitterBot)"},
        {"bot  other preview", "WhatsApp/2.23.20.0 A"},
        {"bot windows other preview",
         "Mozilla/5.0 (Windows NT 6.1; WOW64) SkypeUriPreview Preview/0.5 "
         "skype-url-preview@microsoft.com"},
        {"mobile android other", "WhatsApp/2.24.10.81 Android/14 Device/Google-Pixel_8"},
    });
}

TEST(ClassifyAgent, LooksAtABoundedPartOfAnyBytes) {
    const std::string blanks(kMaxAgentLength, ' ');
    EXPECT_EQ(describe(classify_agent(blanks + "iPhone")), "other  other");
    EXPECT_EQ(describe(classify_agent(std::string(kMaxAgentLength - 6, ' ') + "iPhone")),
              "mobile ios other");
    EXPECT_EQ(describe(classify_agent(std::string(100'000, 'a'))), "other  other");
    std::string every_byte;
    for (int byte = 0; byte < 256; ++byte)
        every_byte += static_cast<char>(byte);
    EXPECT_EQ(classify_agent(every_byte).device, DeviceType::other);
}

TEST(AgentClassCache, AnswersAsTheClassifierDoes) {
    AgentClassCache cache{4};
    for (int round = 0; round < 3; ++round) {
        for (int agent = 0; agent < 50; ++agent) {
            const auto text = std::string(static_cast<std::size_t>(agent), 'x') +
                              (agent % 2 == 0 ? " iPhone" : " Windows");
            ASSERT_EQ(cache.classify(text), classify_agent(text)) << text;
        }
    }
    EXPECT_EQ(cache.classify(""), classify_agent(""));
}

TEST(AgentClassCache, TellsApartStringsOfTheSameWords) {
    AgentClassCache cache{1};
    EXPECT_EQ(cache.classify("iPhoneXX").os, OsFamily::unknown);
    EXPECT_EQ(cache.classify("iPhone X").os, OsFamily::ios);
    EXPECT_EQ(cache.classify(std::string_view{"iPhone\0\0", 8}).os, OsFamily::ios);
    EXPECT_EQ(cache.classify("iPhone").os, OsFamily::ios);
}

}  // namespace
}  // namespace redirector::facts
