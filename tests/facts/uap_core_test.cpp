// The parser against every case that uap-core ships, and the quick classes against the parser.
#include "redirector/facts/user_agent.hpp"

#include <gtest/gtest.h>

#include <map>
#include <set>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>
#include <yaml-cpp/yaml.h>

namespace redirector::facts {
namespace {

const AgentParser& parser() {
    static const auto loaded = AgentParser::load();
    if (!loaded) throw std::runtime_error(loaded.error().message);
    return **loaded;
}

YAML::Node cases(const std::string& file) {
    return YAML::LoadFile("/usr/share/uap-core/" + file)["test_cases"];
}

// Null is empty; "Other" is uap-core's word for what we leave empty.
std::string text(const YAML::Node& node) {
    const auto value = !node || node.IsNull() ? std::string{} : node.as<std::string>();
    return value == "Other" ? "" : value;
}

std::string version(const YAML::Node& test_case, std::initializer_list<const char*> keys) {
    std::string joined;
    for (const auto* key : keys) {
        const auto part = text(test_case[key]);
        if (part.empty()) break;
        joined += (joined.empty() ? "" : ".") + part;
    }
    return joined;
}

TEST(UapCore, BrowserCases) {
    int count = 0;
    for (const auto& test_case : cases("tests/test_ua.yaml")) {
        const auto agent = text(test_case["user_agent_string"]);
        const auto facts = parser().parse(agent);
        const auto family = text(test_case["family"]);
        EXPECT_EQ(facts.name, family.empty() ? "Unknown" : family) << agent;
        EXPECT_EQ(facts.version, version(test_case, {"major", "minor", "patch"})) << agent;
        ++count;
    }
    EXPECT_GT(count, 1000);
}

TEST(UapCore, SystemCases) {
    int count = 0;
    for (const auto* file : {"tests/test_os.yaml", "test_resources/additional_os_tests.yaml"}) {
        for (const auto& test_case : cases(file)) {
            const auto agent = text(test_case["user_agent_string"]);
            const auto facts = parser().parse(agent);
            EXPECT_EQ(facts.os_family, text(test_case["family"])) << agent;
            EXPECT_EQ(facts.os_version,
                      version(test_case, {"major", "minor", "patch", "patch_minor"}))
                << agent;
            ++count;
        }
    }
    EXPECT_GT(count, 400);
}

TEST(UapCore, DeviceCases) {
    int count = 0;
    for (const auto& test_case : cases("tests/test_device.yaml")) {
        const auto agent = text(test_case["user_agent_string"]);
        const auto facts = parser().parse(agent);
        EXPECT_EQ(facts.device, text(test_case["family"])) << agent;
        EXPECT_EQ(facts.device_brand, text(test_case["brand"])) << agent;
        EXPECT_EQ(facts.device_model, text(test_case["model"])) << agent;
        ++count;
    }
    EXPECT_GT(count, 10'000);
}

// uap-core's families that are one of our classes.
const std::map<std::string_view, OsFamily> kSystems{
    {"iOS", OsFamily::ios},
    {"Android", OsFamily::android},
    {"Windows", OsFamily::windows},
    {"Windows Phone", OsFamily::windows_phone},
    {"Mac OS X", OsFamily::macos},
    {"Linux", OsFamily::linux},
    {"Ubuntu", OsFamily::linux},
    {"Debian", OsFamily::linux},
    {"Fedora", OsFamily::linux},
    {"Chrome OS", OsFamily::chromeos},
    {"Tizen", OsFamily::tizen},
    {"webOS", OsFamily::webos},
    {"Web0S", OsFamily::webos},
    {"KaiOS", OsFamily::kaios},
    {"BlackBerry OS", OsFamily::blackberry},
    {"Symbian OS", OsFamily::symbian},
};
const std::map<std::string_view, BrowserFamily> kBrowsers{
    {"Chrome", BrowserFamily::chrome},
    {"Chrome Mobile", BrowserFamily::chrome},
    {"Chrome Mobile iOS", BrowserFamily::chrome},
    {"Chrome Mobile WebView", BrowserFamily::chrome},
    {"Safari", BrowserFamily::safari},
    {"Mobile Safari", BrowserFamily::safari},
    {"Mobile Safari UI/WKWebView", BrowserFamily::safari},
    {"Firefox", BrowserFamily::firefox},
    {"Firefox Mobile", BrowserFamily::firefox},
    {"Firefox iOS", BrowserFamily::firefox},
    {"Edge", BrowserFamily::edge},
    {"Edge Mobile", BrowserFamily::edge},
    {"Opera", BrowserFamily::opera},
    {"Opera Mini", BrowserFamily::opera},
    {"Opera Mobile", BrowserFamily::opera},
    {"Samsung Internet", BrowserFamily::samsung},
    {"Android", BrowserFamily::android_browser},
    {"IE", BrowserFamily::internet_explorer},
    {"IE Mobile", BrowserFamily::internet_explorer},
    {"UC Browser", BrowserFamily::uc},
    {"Yandex Browser", BrowserFamily::yandex},
    {"Vivaldi", BrowserFamily::vivaldi},
    {"MiuiBrowser", BrowserFamily::miui},
    {"Amazon Silk", BrowserFamily::silk},
    {"Facebook", BrowserFamily::facebook},
    {"Pinterest", BrowserFamily::pinterest},
    {"Twitter", BrowserFamily::twitter},
};

struct Agreement {
    int asked = 0;
    int agreed = 0;
    void count(bool same) {
        ++asked;
        agreed += same ? 1 : 0;
    }
    double percent() const { return 100.0 * agreed / asked; }
};

TEST(UapCore, AgreesWithTheQuickClasses) {
    std::set<std::string> agents;
    for (const auto* file :
         {"tests/test_ua.yaml", "tests/test_os.yaml", "tests/test_device.yaml"}) {
        for (const auto& test_case : cases(file))
            agents.insert(text(test_case["user_agent_string"]));
    }
    Agreement systems;
    Agreement browsers;
    Agreement bots;
    for (const auto& agent : agents) {
        const auto facts = parser().parse(agent);
        const auto quick = classify_agent(agent);
        const bool spider = facts.device == "Spider";
        bots.count(spider == quick.bot);
        if (spider || quick.bot) continue;
        if (const auto known = kSystems.find(facts.os_family); known != kSystems.end()) {
            systems.count(known->second == quick.os);
        }
        if (const auto known = kBrowsers.find(facts.name); known != kBrowsers.end()) {
            browsers.count(known->second == quick.browser);
        }
    }
    std::printf(
        "agreement over %zu strings: systems %.1f %% of %d, browsers %.1f %% of %d, bots %.1f %%\n",
        agents.size(), systems.percent(), systems.asked, browsers.percent(), browsers.asked,
        bots.percent());
    EXPECT_GT(systems.percent(), 97);
    EXPECT_GT(browsers.percent(), 94);
    EXPECT_GT(bots.percent(), 99);
}

}  // namespace
}  // namespace redirector::facts
