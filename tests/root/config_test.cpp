#include "redirector/config.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdio>
#include <fstream>

namespace redirector {
namespace {

using testing::HasSubstr;

ParsedConfig parse(const std::vector<std::string>& arguments,
                   const std::vector<std::string>& environment = {}) {
    return parse_config(Scope::serve, {}, 0, arguments, environment);
}

TEST(Config, HasTheContractsDefaults) {
    const auto parsed = parse({});
    ASSERT_TRUE(parsed.config) << parsed.error;
    EXPECT_EQ(to_string(parsed.config->listen), "127.0.0.1:8080");
    EXPECT_EQ(to_string(parsed.config->api_listen), "127.0.0.1:8081");
    EXPECT_EQ(parsed.config->redis, "embedded");
    EXPECT_EQ(parsed.config->data_dir, "./data");
    EXPECT_EQ(parsed.config->short_domain, "127.0.0.1:8080");
    EXPECT_EQ(parsed.config->api_url, "http://127.0.0.1:8081");
    EXPECT_EQ(parsed.config->redirect_status, 307);
    EXPECT_GE(parsed.config->threads, 1U);
    EXPECT_EQ(parsed.config->cache_bytes, 256U << 20);
    EXPECT_EQ(parsed.config->spool_bytes, 4096ULL << 20);
    EXPECT_EQ(parsed.config->short_url("ABCD"), "http://127.0.0.1:8080/ABCD");
}

TEST(Config, PrefersFlagsToEnvironmentToFile) {
    const std::string path = testing::TempDir() + "redirector_config_test.conf";
    std::ofstream(path)
        << "# settings\nshort-domain = file.example\nthreads = 3\nredirect-status = 308\n";
    const auto parsed =
        parse({"--config", path, "--redirect-status", "302"},
              {"REDIRECTOR_THREADS=4", "REDIRECTOR_REDIRECT_STATUS=301", "PATH=/bin"});
    std::remove(path.c_str());
    ASSERT_TRUE(parsed.config) << parsed.error;
    EXPECT_EQ(parsed.config->short_domain, "file.example");
    EXPECT_EQ(parsed.config->threads, 4U);
    EXPECT_EQ(parsed.config->redirect_status, 302);
}

TEST(Config, NamesOptionValueAndWhatIsAllowed) {
    const struct {
        std::vector<std::string> arguments;
        const char *option, *value, *allowed;
    } cases[] = {
        {{"--redirect-status", "999"}, "--redirect-status", "999", "301, 302, 303, 307, 308"},
        {{"--listen", "8080"}, "--listen", "8080", "HOST:PORT"},
        {{"--listen", "::1:80"}, "--listen", "::1:80", "[::1]:8080"},
        {{"--listen", "a:70000"}, "--listen", "70000", "65535"},
        {{"--listen", "a:0"}, "--listen", "a:0", "1 to 65535"},
        {{"--threads", "0"}, "--threads", "0", "1 to 256"},
        {{"--threads", "2x"}, "--threads", "2x", "1 to 256"},
        {{"--drain-delay", "301"}, "--drain-delay", "301", "0 to 300"},
        {{"--max-connections", "0"}, "--max-connections", "0", "1 to 1000000"},
        {{"--cache-size", "0"}, "--cache-size", "0", "1 to 1048576"},
        {{"--spool-size", "47"}, "--spool-size", "47", "48 to 1048576"},
        {{"--short-url-scheme", "ftp"}, "--short-url-scheme", "ftp", "http or https"},
        {{"--short-domain", "a b"}, "--short-domain", "a b", "tn.gg"},
        {{"--api-url", "api.example"}, "--api-url", "api.example", "https URL"},
        {{"--scan-durability", "hard"},
         "--scan-durability",
         "hard",
         "memory, process, interval, batch"},
        {{"--ip-privacy", "some"}, "--ip-privacy", "some", "full, truncated, none"},
        {{"--trust-proxy", "10.0.0.0/99"}, "--trust-proxy", "10.0.0.0/99", "10.0.0.0/99"},
    };
    for (const auto& expected : cases) {
        const auto parsed = parse(expected.arguments);
        EXPECT_FALSE(parsed.config);
        EXPECT_THAT(parsed.error, HasSubstr(expected.option));
        EXPECT_THAT(parsed.error, HasSubstr(expected.value));
        EXPECT_THAT(parsed.error, HasSubstr(expected.allowed));
    }
}

TEST(Config, NamesTheVariableOrFileThatIsWrong) {
    EXPECT_THAT(parse({}, {"REDIRECTOR_THREADS=many"}).error, HasSubstr("REDIRECTOR_THREADS"));
    EXPECT_THAT(parse({"--config", "/nonexistent"}).error, HasSubstr("/nonexistent"));
    const std::string path = testing::TempDir() + "redirector_config_test.conf";
    std::ofstream(path) << "listn = 127.0.0.1:1\n";
    EXPECT_THAT(parse({"--config", path}).error, HasSubstr("listn"));
    std::remove(path.c_str());
}

TEST(Config, RefusesWhatItDoesNotKnow) {
    EXPECT_THAT(parse({"--listn", "a:1"}).error, HasSubstr("listn"));
    EXPECT_THAT(parse({"--list", "a:1"}).error, HasSubstr("list"));
    EXPECT_THAT(parse({"word"}).error, HasSubstr("word"));
    EXPECT_THAT(parse({"--threads", "1", "--threads", "2"}).error, HasSubstr("threads"));
}

TEST(Config, NeverRepeatsAMistypedKey) {
    const auto parsed = parse({"--initial-api-key", "almostSecret"});
    EXPECT_FALSE(parsed.config);
    EXPECT_EQ(parsed.error.find("almostSecret"), std::string::npos);
}

TEST(Config, TellsEverySettingInHelpAndMarkdown) {
    const std::string help = options_help(Scope::serve, {});
    const std::string table = settings_markdown();
    for (const Setting& setting : settings()) {
        EXPECT_THAT(help, HasSubstr("--" + std::string(setting.name)));
        EXPECT_THAT(table, HasSubstr("`--" + std::string(setting.name) + " "));
    }
}

}  // namespace
}  // namespace redirector
