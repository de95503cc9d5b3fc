// Fuzz: filters of any bytes, compiled and decided, engine against interpreter.
// Input:   lines. The first up to eight are filters, one rule each; the rest are `name=value`
// facts:
//          a value that is a number, true, false, null or {} is that, one with "," is a list.
#include "rules/compile.hpp"
#include "rules/explain.hpp"
#include "rules/interpret.hpp"
#include "rules/parse.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

namespace {

using namespace rules;

// A broken promise must stop the fuzzer, in every build.
void require(bool kept) {
    if (!kept) std::abort();
}

Value scalar_of(std::string_view text) {
    if (text == "true" || text == "false") return Value(text == "true");
    if (text == "null") return {};
    if (text == "{}") return Value(Object{});
    if (const auto number = parse_number(text)) {
        return number->exact ? Value(number->integer) : Value(number->real);
    }
    return Value(std::string(text));
}

Value value_from(std::string_view text) {
    if (text.find(',') == std::string_view::npos) return scalar_of(text);
    ValueList list;
    while (!text.empty()) {
        const std::size_t comma = std::min(text.find(','), text.size());
        list.push_back(scalar_of(text.substr(0, comma)));
        text.remove_prefix(std::min(comma + 1, text.size()));
    }
    return Value(std::move(list));
}

std::string_view take_line(std::string_view& text) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    return line;
}

Decision naive(const std::vector<RuleSource>& rules, const Facts& facts) {
    const Constants none;
    for (std::uint32_t rule = 0; rule < rules.size(); ++rule) {
        std::vector<Problem> problems;
        const CheckedFilter filter =
            check(*parse(rules[rule].match), {none, Level::application, rule}, problems);
        if (filter.poison) return {Outcome::none, rule, 0};
        if (matches(filter, facts)) return {Outcome::redirect, rule, 0};
    }
    return {};
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    std::string_view text(reinterpret_cast<const char*>(data), size);
    std::vector<RuleSource> rules;
    for (int i = 0; i < 8 && !text.empty(); ++i) {
        const std::string_view line = take_line(text);
        if (line == "--") break;
        RuleSource& rule = rules.emplace_back();
        rule.match = line;
        rule.redirect_url = "https://e.com/";
        const auto parsed = parse(line);
        require(parsed.has_value() || parsed.error().offset <= line.size());
    }
    Facts facts;
    while (!text.empty()) {
        const std::string_view line = take_line(text);
        const std::size_t equals = line.find('=');
        if (equals == std::string_view::npos) continue;
        facts.insert_or_assign(std::string(line.substr(0, equals)),
                               value_from(line.substr(equals + 1)));
    }
    const CompileOptions options{Level::application, {}};
    const auto compiled = compile(rules, options);
    if (compiled.has_error()) {
        require(!compiled.error().problems.empty());
        return 0;
    }
    Context context;
    context.begin(compiled->ruleset->fields());
    context.set_all(facts);
    const Decision expected = naive(rules, facts);
    require(compiled->ruleset->decide(context) == expected);
    require(compiled->ruleset->decide_linear(context) == expected);
    require(!to_string(explain(rules, options, facts)).empty());
    return 0;
}
