#include "redirector/facts/user_agent.hpp"

#include "redirector/facts/literal_scanner.hpp"
#include "redirector/facts/text.hpp"

#include <algorithm>
#include <array>
#include <exception>
#include <iterator>
#include <optional>
#include <re2/filtered_re2.h>
#include <re2/re2.h>
#include <utility>
#include <vector>
#include <yaml-cpp/yaml.h>

namespace redirector::facts {
namespace {

constexpr std::int64_t kPatternBytes = std::int64_t{1} << 20;  // for one pattern's automata
constexpr int kMinLiteral = 2;          // shorter literals are in nearly every agent string
constexpr std::size_t kMaxGroups = 10;  // "$1" to "$9" and the whole match

// What a pattern says of one part of the answer: a text in which "$1" stands for a group, or
// nothing, which means the group itself.
struct Part {
    std::optional<std::string> replacement;
    std::size_t group = 0;  // 0: no default
};

using Parts = std::vector<std::string>;

RE2::Options pattern_options() {
    RE2::Options options;
    // Agent strings are bytes; as Latin-1 every one is valid.
    options.set_encoding(RE2::Options::EncodingLatin1);
    options.set_log_errors(false);
    options.set_max_mem(kPatternBytes);
    return options;
}

std::string substituted(std::string_view text,
                        const std::array<re2::StringPiece, kMaxGroups>& groups) {
    std::string result;
    for (std::size_t at = 0; at < text.size(); ++at) {
        const bool reference = text[at] == '$' && at + 1 < text.size() && is_digit(text[at + 1]);
        if (!reference) {
            result += text[at];
            continue;
        }
        const auto& group = groups[static_cast<std::size_t>(text[++at] - '0')];
        result.append(group.data(), group.size());
    }
    return result;
}

std::string bad_pattern(const std::string& text, const std::string& why) {
    return "pattern \"" + text + "\": " + why;
}

// One of the three lists of the file.
class PatternList {
  public:
    // The key of a part's replacement in the file, and the group that is its default.
    struct PartName {
        const char* key;
        std::size_t group;
    };

    explicit PatternList(std::vector<PartName> names) : names_(std::move(names)) {}

    // Throws YAML's exceptions. Why a pattern is bad; nothing when all are good.
    std::optional<std::string> read(const YAML::Node& list);

    // The parts of the answer; nothing when no pattern matches.
    std::optional<Parts> match(std::string_view text) const;

  private:
    std::vector<PartName> names_;
    std::vector<std::vector<Part>> parts_;  // of each pattern
    re2::FilteredRE2 patterns_{kMinLiteral};
    std::optional<LiteralScanner> literals_;
};

std::optional<std::string> PatternList::read(const YAML::Node& list) {
    if (!list.IsSequence() || list.size() == 0) return "a list of patterns is missing";
    for (const auto& node : list) {
        const bool folds = node["regex_flag"] && node["regex_flag"].as<std::string>() == "i";
        const auto text = (folds ? "(?i)" : "") + node["regex"].as<std::string>();
        int place = 0;
        if (patterns_.Add(text, pattern_options(), &place) != RE2::NoError) {
            return bad_pattern(text, RE2{text, pattern_options()}.error());
        }
        auto& parts = parts_.emplace_back();
        for (const auto& [key, group] : names_) {
            auto& part = parts.emplace_back(Part{std::nullopt, group});
            const auto& replacement = node[key];
            if (replacement) part.replacement = replacement.as<std::string>();
        }
    }
    std::vector<std::string> literals;
    patterns_.Compile(&literals);
    literals_.emplace(literals);
    return std::nullopt;
}

std::optional<Parts> PatternList::match(std::string_view text) const {
    const re2::StringPiece piece{text.data(), text.size()};
    const int place = patterns_.FirstMatch(piece, literals_->find(text));
    if (place < 0) return std::nullopt;

    const RE2& pattern = patterns_.GetRE2(place);
    std::array<re2::StringPiece, kMaxGroups> groups{};
    const int count = std::min(pattern.NumberOfCapturingGroups() + 1, static_cast<int>(kMaxGroups));
    if (!pattern.Match(piece, 0, piece.size(), RE2::UNANCHORED, groups.data(), count)) {
        return std::nullopt;
    }
    Parts answer;
    for (const auto& [replacement, group] : parts_[static_cast<std::size_t>(place)]) {
        std::string part;
        if (replacement) {
            part = substituted(*replacement, groups);
        } else if (group != 0) {
            part.assign(groups[group].data(), groups[group].size());
        }
        answer.emplace_back(trimmed(part));
    }
    return answer;
}

// "14", "0", "", "" -> "14.0"
std::string joined_version(Parts::const_iterator first, Parts::const_iterator last) {
    std::string version;
    for (; first != last && !first->empty(); ++first) {
        if (!version.empty()) version += '.';
        version += *first;
    }
    return version;
}

std::string_view producer_of(std::string_view os_family) {
    struct Producer {
        std::string_view prefix;  // of the family
        std::string_view name;
    };
    static constexpr Producer kProducers[]{
        {"iOS", "Apple"},
        {"Mac OS", "Apple"},
        {"tvOS", "Apple"},
        {"ATV OS", "Apple"},
        {"WatchOS", "Apple"},
        {"Android", "Google"},
        {"Chrome OS", "Google"},
        {"Chromecast", "Google"},
        {"GoogleTV", "Google"},
        {"Windows", "Microsoft"},
        {"BlackBerry", "BlackBerry"},
        {"Symbian", "Nokia"},
        {"Nokia", "Nokia"},
        {"Tizen", "Samsung"},
        {"Bada", "Samsung"},
        {"webOS", "LG"},
        {"Web0S", "LG"},
        {"Firefox OS", "Mozilla"},
        {"Ubuntu", "Canonical"},
        {"Fedora", "Red Hat"},
        {"Red Hat", "Red Hat"},
        {"KaiOS", "KaiOS Technologies"},
    };
    for (const auto& [prefix, producer] : kProducers) {
        if (os_family.starts_with(prefix)) return producer;
    }
    return {};
}

}  // namespace

struct AgentParser::Lists {
    PatternList agents{{{"family_replacement", 1},
                        {"v1_replacement", 2},
                        {"v2_replacement", 3},
                        {"v3_replacement", 4}}};
    PatternList systems{{{"os_replacement", 1},
                         {"os_v1_replacement", 2},
                         {"os_v2_replacement", 3},
                         {"os_v3_replacement", 4},
                         {"os_v4_replacement", 5}}};
    PatternList devices{
        {{"device_replacement", 1}, {"brand_replacement", 0}, {"model_replacement", 1}}};
};

AgentParser::AgentParser() : lists_(std::make_unique<Lists>()) {}
AgentParser::~AgentParser() = default;

Result<std::shared_ptr<const AgentParser>> AgentParser::load(const std::string& patterns_file) {
    const auto problem = [&](const std::string& why) {
        return Problem{"user agent patterns " + patterns_file + ": " + why};
    };
    std::shared_ptr<AgentParser> parser{new AgentParser};
    try {
        const auto file = YAML::LoadFile(patterns_file);
        auto& lists = *parser->lists_;
        const std::pair<PatternList&, const char*> all[]{{lists.agents, "user_agent_parsers"},
                                                         {lists.systems, "os_parsers"},
                                                         {lists.devices, "device_parsers"}};
        for (const auto& [list, key] : all) {
            if (const auto why = list.read(file[key]))
                return problem(std::string{key} + ": " + *why);
        }
    } catch (const YAML::Exception& failure) {
        return problem(failure.what());
    }
    return std::shared_ptr<const AgentParser>{std::move(parser)};
}

AgentFacts AgentParser::parse(std::string_view user_agent) const {
    user_agent = user_agent.substr(0, kMaxAgentLength);
    AgentFacts facts;
    facts.agent_class = classify_agent(user_agent);
    if (const auto agent = lists_->agents.match(user_agent); agent && (*agent)[0] != "Other") {
        facts.name = (*agent)[0];
        facts.version = joined_version(agent->begin() + 1, agent->end());
    }
    if (const auto os = lists_->systems.match(user_agent); os && (*os)[0] != "Other") {
        facts.os_family = (*os)[0];
        facts.os_version = joined_version(os->begin() + 1, os->end());
        facts.os_name = facts.os_family;
        if (!facts.os_version.empty()) facts.os_name += " " + facts.os_version;
        facts.os_producer = producer_of(facts.os_family);
    }
    if (const auto device = lists_->devices.match(user_agent); device && (*device)[0] != "Other") {
        facts.device = (*device)[0];
        facts.device_brand = (*device)[1];
        facts.device_model = (*device)[2];
    }
    // uap-core calls every crawler a spider, and knows more of them than the quick look does.
    if (facts.device == "Spider") {
        facts.agent_class.bot = true;
        facts.agent_class.device = DeviceType::bot;
        facts.agent_class.browser = BrowserFamily::other;
    }
    return facts;
}

AgentFactsCache::AgentFactsCache(std::shared_ptr<const AgentParser> parser, std::size_t capacity)
    : parser_(std::move(parser)), capacity_(std::max<std::size_t>(capacity, 1)) {}

bool AgentFactsCache::knows(std::string_view user_agent) const {
    return by_agent_.contains(user_agent.substr(0, kMaxAgentLength));
}

const AgentFacts& AgentFactsCache::facts(std::string_view user_agent) {
    user_agent = user_agent.substr(0, kMaxAgentLength);
    if (const auto known = by_agent_.find(user_agent); known != by_agent_.end()) {
        entries_.splice(entries_.begin(), entries_, known->second);
    } else {
        keep(user_agent, parser_->parse(user_agent));
    }
    return entries_.front().facts;
}

void AgentFactsCache::keep(std::string_view user_agent, AgentFacts facts) {
    user_agent = user_agent.substr(0, kMaxAgentLength);
    if (by_agent_.contains(user_agent)) return;
    if (entries_.size() == capacity_) {
        by_agent_.erase(entries_.back().user_agent);
        entries_.pop_back();
    }
    entries_.push_front({std::string{user_agent}, std::move(facts)});
    by_agent_.emplace(entries_.front().user_agent, entries_.begin());
}

}  // namespace redirector::facts
