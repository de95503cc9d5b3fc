// Names and versions in a User-Agent string, for the action that a scan leaves behind.
// Shape:   uap-core's three lists of regular expressions; the first match of each list wins. Only
//          those whose literals occur in the string are tried (literal_scanner.hpp, RE2's filter).
// Units:   at most kMaxAgentLength bytes of a string are looked at.
// Errors:  a missing or bad file of patterns is a Problem that names it and the pattern. An agent
//          string never fails: what is not known is "Unknown" or empty.
// Threads: AgentParser is immutable and may be shared; AgentFactsCache belongs to one thread. Not for
//          an I/O thread: a new string costs about 15 us, a hostile one up to 2 ms.
// Source:  ua-parser specification 0.2; /usr/share/uap-core/regexes.yaml (package uap-core).
#pragma once

#include "redirector/facts/agent_class.hpp"
#include "redirector/facts/problem.hpp"

#include <cstddef>
#include <list>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

namespace redirector::facts {

inline constexpr std::string_view kAgentPatternsFile = "/usr/share/uap-core/regexes.yaml";

// Each text may be empty, except the two that say "Unknown" instead.
struct AgentFacts {
    std::string name = "Unknown";     // "Mobile Safari"
    std::string version;              // "14.0.3"
    std::string os_name = "Unknown";  // family and version: "iOS 14.4"
    std::string os_family;            // "iOS"
    std::string os_version;           // "14.4"
    std::string os_producer;          // "Apple"
    std::string device;               // "iPhone"
    std::string device_brand;         // "Apple"
    std::string device_model;         // "iPhone"
    AgentClass agent_class;           // device type, bot and preview flags
};

class AgentParser {
  public:
    // Compiles about 1,200 patterns: around a second, once.
    static Result<std::shared_ptr<const AgentParser>> load(
        const std::string& patterns_file = std::string{kAgentPatternsFile});
    ~AgentParser();

    AgentFacts parse(std::string_view user_agent) const;

  private:
    AgentParser();
    struct Lists;
    std::unique_ptr<Lists> lists_;
};

// The facts of agent strings seen lately, least recently used out first.
class AgentFactsCache {
  public:
    // Keeps at most `capacity` strings, about 1 kB each.
    explicit AgentFactsCache(std::shared_ptr<const AgentParser> parser,
                             std::size_t capacity = 4096);

    // The reference is good until the next call. Parses a string that is not kept.
    const AgentFacts& facts(std::string_view user_agent);

    // For threads that may not parse: whether facts() would not have to, and what to tell it then.
    bool knows(std::string_view user_agent) const;
    void keep(std::string_view user_agent, AgentFacts facts);
    const std::shared_ptr<const AgentParser>& parser() const { return parser_; }

    std::size_t size() const { return entries_.size(); }

  private:
    struct Entry {
        std::string user_agent;
        AgentFacts facts;
    };
    std::shared_ptr<const AgentParser> parser_;
    std::size_t capacity_;
    std::list<Entry> entries_;  // most recently used first
    std::unordered_map<std::string_view, std::list<Entry>::iterator> by_agent_;
};

}  // namespace redirector::facts
