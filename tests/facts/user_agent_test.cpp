#include "redirector/facts/user_agent.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>
#include <unistd.h>

namespace redirector::facts {
namespace {

const std::shared_ptr<const AgentParser>& parser() {
    static const auto loaded = AgentParser::load();
    if (!loaded) throw std::runtime_error(loaded.error().message);
    return *loaded;
}

constexpr const char* kIphone =
    "Mozilla/5.0 (iPhone; CPU iPhone OS 14_4 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like "
    "Gecko) "
    "Version/14.0.3 Mobile/15E148 Safari/604.1";

std::string problem_of(const std::string& patterns) {
    const auto path =
        std::filesystem::temp_directory_path() / ("facts_patterns_" + std::to_string(getpid()));
    std::ofstream{path} << patterns;
    const auto loaded = AgentParser::load(path);
    std::filesystem::remove(path);
    return loaded ? "loaded" : loaded.error().message;
}

TEST(AgentParser, NamesBrowserSystemAndDevice) {
    const auto facts = parser()->parse(kIphone);
    EXPECT_EQ(facts.name, "Mobile Safari");
    EXPECT_EQ(facts.version, "14.0.3");
    EXPECT_EQ(facts.os_name, "iOS 14.4");
    EXPECT_EQ(facts.os_family, "iOS");
    EXPECT_EQ(facts.os_version, "14.4");
    EXPECT_EQ(facts.os_producer, "Apple");
    EXPECT_EQ(facts.device, "iPhone");
    EXPECT_EQ(facts.device_brand, "Apple");
    EXPECT_EQ(facts.device_model, "iPhone");
    EXPECT_EQ(facts.agent_class.device, DeviceType::mobile);
    EXPECT_FALSE(facts.agent_class.bot);
}

TEST(AgentParser, SaysUnknownOfWhatItDoesNotKnow) {
    for (const auto* nothing : {"", "zzz", "\xFF\xFE\x00", "((((((((", "Mozilla/5.0"}) {
        const auto facts = parser()->parse(nothing);
        EXPECT_EQ(facts.name, "Unknown") << nothing;
        EXPECT_EQ(facts.os_name, "Unknown") << nothing;
        EXPECT_EQ(facts.version + facts.os_family + facts.os_version + facts.device, "") << nothing;
    }
}

TEST(AgentParser, TakesUapCoresWordForBots) {
    const auto facts = parser()->parse("Python-urllib/3.4");
    EXPECT_EQ(facts.device, "Spider");
    EXPECT_TRUE(facts.agent_class.bot);
    EXPECT_EQ(facts.agent_class.device, DeviceType::bot);
}

TEST(AgentParser, LooksAtABoundedPart) {
    std::string long_agent = kIphone;
    long_agent.resize(kMaxAgentLength, ' ');
    const auto expected = parser()->parse(long_agent);
    EXPECT_EQ(expected.name, "Mobile Safari");
    EXPECT_EQ(parser()->parse(long_agent + std::string(1'000'000, '(')).name, expected.name);
}

TEST(AgentParser, NamesTheFileAndThePatternThatIsBad) {
    EXPECT_EQ(AgentParser::load("/nowhere/regexes.yaml").error().message,
              "user agent patterns /nowhere/regexes.yaml: bad file: /nowhere/regexes.yaml");
    const auto bad_pattern = problem_of("user_agent_parsers:\n  - regex: '(abc'\n");
    EXPECT_NE(bad_pattern.find("user_agent_parsers: pattern \"(abc\": missing )"),
              std::string::npos)
        << bad_pattern;
    for (const auto* text :
         {"", "[", "user_agent_parsers: 5", "user_agent_parsers: []",
          "user_agent_parsers:\n  - rex: 'a'\n", "user_agent_parsers:\n  - regex: 'a'\n",
          "user_agent_parsers:\n  - regex: [a]\n"}) {
        EXPECT_TRUE(problem_of(text).starts_with("user agent patterns ")) << text;
    }
}

TEST(AgentParser, SubstitutesGroupsAndIgnoresThoseThatAreMissing) {
    const auto path =
        std::filesystem::temp_directory_path() / ("facts_patterns_" + std::to_string(getpid()));
    std::ofstream{path} << "user_agent_parsers:\n"
                           "  - {regex: '(\\w+)-(\\d+)', family_replacement: 'a $1 $9$', "
                           "v1_replacement: 'v$2'}\n"
                           "os_parsers:\n  - {regex: 'none'}\n"
                           "device_parsers:\n  - {regex: 'BRAND', regex_flag: 'i', "
                           "device_replacement: ' x ', brand_replacement: '$0'}\n";
    const auto loaded = AgentParser::load(path);
    std::filesystem::remove(path);
    ASSERT_TRUE(loaded) << loaded.error().message;
    const auto facts = (*loaded)->parse("brand-77");
    EXPECT_EQ(facts.name, "a brand $") << "blanks around the answer are cut";
    EXPECT_EQ(facts.version, "v77");
    EXPECT_EQ(facts.device, "x");
    EXPECT_EQ(facts.device_brand, "brand");
    EXPECT_EQ(facts.device_model, "") << "the pattern has no group";
}

TEST(AgentFactsCache, KeepsTheStringsUsedLast) {
    AgentFactsCache cache{parser(), 2};
    const auto* first = &cache.facts(kIphone);
    EXPECT_EQ(first->name, "Mobile Safari");
    EXPECT_EQ(cache.facts("curl/8.7.1").name, "curl");
    EXPECT_EQ(&cache.facts(kIphone), first) << "kept, not parsed again";
    EXPECT_EQ(cache.facts("Wget/1.21").name, "Wget") << "curl goes, as the iPhone was used later";
    EXPECT_EQ(&cache.facts(kIphone), first);
    EXPECT_EQ(cache.size(), 2U);
    EXPECT_EQ(cache.facts("curl/8.7.1").name, "curl");
    EXPECT_EQ(cache.size(), 2U);
}

}  // namespace
}  // namespace redirector::facts
