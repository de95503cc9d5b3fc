// Rules: the first-match decision over 1 to 10,000 rules, engine beside walk beside interpreter.
// Workloads (about three predicates a rule, 256 contexts of 16 fields each):
//   catalogue  a product identifier, a list of countries, one more
//   marketing  one of 50 skewed tags or 200 campaigns, a list of countries, one more
//   mixed      half catalogue, 40 % marketing, 10 % prefixes, != , | and ranges
// `none`: no rule matches; `first` and `last`: one more rule there matches every context.
// Rules are drawn until none matches any of the contexts, so that every miss is an honest one.
#include "rules/bitmap.hpp"
#include "rules/compile.hpp"
#include "rules/interpret.hpp"
#include "rules/parse.hpp"

#include <benchmark/benchmark.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <tuple>
#include <vector>

namespace {

using namespace rules;

enum class Workload { catalogue, marketing, mixed };
enum class Hit { none, first, last };

constexpr int kContexts = 256;
constexpr const char* kWorkloadNames[] = {"catalogue", "marketing", "mixed"};
constexpr const char* kHitNames[] = {"none", "first", "last"};

class Draw {
  public:
    explicit Draw(std::uint64_t seed) : random_(seed) {}

    int below(int limit) { return static_cast<int>(random_() % static_cast<unsigned>(limit)); }
    bool percent(int chance) { return below(100) < chance; }

    // Low numbers are much more common, as tags and countries are.
    int skewed(int limit) { return below(below(limit) + 1); }

    std::string country() { return code(skewed(60)); }
    std::string tag() { return "tag-" + std::to_string(skewed(50)); }
    std::string campaign() { return "campaign-" + std::to_string(below(200)); }
    std::string upc(int rules) { return std::to_string(100'000 + below(2 * rules + 50)); }

    std::string day() {
        constexpr const char* kDays[] = {"mon", "tue", "wed", "thu", "fri", "sat", "sun"};
        return kDays[below(7)];
    }

    std::string third() {
        switch (below(4)) {
            case 0:
                return "dayOfWeek=" + day() + "," + day();
            case 1: {
                const int from = below(20) * 3'600'000;
                return "timeOfDay>=" + std::to_string(from) + "&timeOfDay<" +
                       std::to_string(from + 14'400'000);
            }
            case 2:
                return "device.os=" + std::string(below(2) != 0 ? "ios" : "android");
            default:
                return "month=" + std::to_string(1 + below(12));
        }
    }

    std::string countries() {
        std::string list = "country=" + country();
        for (int i = below(4); i > 0; --i)
            list += "," + country();
        return list;
    }

    std::string match(Workload workload, int rules) {
        if (workload == Workload::mixed) {
            const int dice = below(100);
            if (dice >= 90) return odd();
            workload = dice < 50 ? Workload::catalogue : Workload::marketing;
        }
        const std::string first = workload == Workload::catalogue
                                      ? "product.identifiers.upc=" + upc(rules)
                                  : percent(50) ? "thng.tags=" + tag()
                                                : "thng.customFields.campaign=" + campaign();
        return first + "&" + countries() + "&" + third();
    }

    std::string odd() {
        switch (below(4)) {
            case 0:
                return "thng.name=model-" + std::to_string(below(500)) + "*&" + third();
            case 1:
                return countries() + "&thng.tags!=" + tag() + "&" + third() + "&product.name=p" +
                       std::to_string(below(100));
            case 2:
                return "thng.tags=" + tag() + "&year=1999|product.id=P" +
                       std::to_string(below(5000));
            default:
                return "random<" + std::to_string(below(10)) + "&" + third() + "&language=l" +
                       std::to_string(below(50));
        }
    }

    Facts facts(int rules) {
        ValueList tags;
        for (int i = 1 + below(4); i > 0; --i)
            tags.emplace_back(tag());
        Facts facts = {{"action.type", "implicitScans"},
                       {"product.identifiers.upc", upc(rules)},
                       {"country", country()},
                       {"dayOfWeek", day()},
                       {"timeOfDay", below(86'400'000)},
                       {"month", 1 + below(12)},
                       {"year", 2026},
                       {"thng.tags", std::move(tags)},
                       {"thng.customFields.campaign", campaign()},
                       {"thng.name", "model-" + std::to_string(below(5000))},
                       {"thng.id", "U" + std::to_string(below(1'000'000))},
                       {"product.name", "p" + std::to_string(below(1000))},
                       {"product.id", "P" + std::to_string(below(100'000))},
                       {"device.os", below(2) != 0 ? "ios" : "android"},
                       {"language", "l" + std::to_string(below(50))},
                       {"random", below(10'000) / 100.0}};
        return facts;
    }

  private:
    static std::string code(int number) {
        return {static_cast<char>('A' + number / 8), static_cast<char>('A' + number % 26)};
    }

    std::mt19937_64 random_;
};

// Everything a benchmark reads, made once per combination and kept.
struct Case {
    std::vector<RuleSource> sources;
    std::vector<CheckedFilter> filters;
    std::vector<Facts> facts;
    std::shared_ptr<const Ruleset> ruleset;
    std::vector<Context> contexts;

    static CheckedFilter checked(const std::string& match) {
        static const Constants kNone;
        std::vector<Problem> problems;
        return check(*parse(match), {kNone, Level::account, 0}, problems);
    }

    void add(const std::string& match) {
        RuleSource& source = sources.emplace_back();
        source.match = match;
        source.redirect_url = "https://e.com/{thng.id}";
        filters.push_back(checked(match));
    }

    void draw(Workload workload, int rules) {
        Draw draw(static_cast<std::uint64_t>(rules));
        for (int i = 0; i < kContexts; ++i)
            facts.push_back(draw.facts(rules));
        while (filters.size() < static_cast<std::size_t>(rules)) {
            const std::string match = draw.match(workload, rules);
            const CheckedFilter filter = checked(match);
            bool hit = false;
            for (const Facts& each : facts)
                hit = hit || matches(filter, each);
            if (!hit) add(match);
        }
    }

    void publish() {
        const auto compiled = compile(sources, {Level::account, {}});
        if (compiled.has_error()) {
            std::fprintf(stderr, "%s\n", to_string(compiled.error().problems.front()).c_str());
            std::exit(1);
        }
        ruleset = compiled->ruleset;
        contexts.resize(facts.size());
        for (std::size_t i = 0; i < facts.size(); ++i) {
            contexts[i].begin(ruleset->fields());
            contexts[i].set_all(facts[i]);
        }
    }
};

const Case& case_of(Workload workload, int rules, Hit hit) {
    static std::map<std::tuple<Workload, int, Hit>, std::unique_ptr<Case>> cases;
    auto& found = cases[{workload, rules, hit}];
    if (found) return *found;
    found = std::make_unique<Case>();
    const std::string always = "action.type=implicitScans";
    if (hit == Hit::none) {
        found->draw(workload, rules);
    } else {
        const Case& misses = case_of(workload, rules, Hit::none);
        found->facts = misses.facts;
        if (hit == Hit::first) found->add(always);
        for (int i = 0; i + 1 < rules; ++i) {
            found->add(misses.sources[static_cast<std::size_t>(i)].match);
        }
        if (hit == Hit::last) found->add(always);
    }
    found->publish();
    return *found;
}

Decision walk_naively(const Case& given, const Facts& facts) {
    for (std::uint32_t rule = 0; rule < given.filters.size(); ++rule) {
        if (matches(given.filters[rule], facts)) return {Outcome::redirect, rule, 0};
    }
    return {};
}

// Calls `decide` with the number of a context, over and over; counts what does not fit the case.
void run(benchmark::State& state, const Case& given, Hit hit, auto&& one) {
    const std::size_t last = given.sources.size() - 1;
    for (std::size_t i = 0; i < given.facts.size(); ++i) {
        const Decision decision = one(i);
        const std::uint32_t expected = hit == Hit::none    ? kNoRule
                                       : hit == Hit::first ? 0
                                                           : static_cast<std::uint32_t>(last);
        if (decision.rule != expected) return state.SkipWithError("a decision is wrong");
    }
    std::size_t i = 0;
    for (auto _ : state) {
        benchmark::DoNotOptimize(one(i));
        i = (i + 1) % given.facts.size();
    }
    state.counters["bytes/rule"] = static_cast<double>(given.ruleset->memory_bytes()) /
                                   static_cast<double>(given.sources.size());
    state.counters["indexed"] = given.ruleset->is_indexed() ? 1 : 0;
}

void decide(benchmark::State& state, Workload workload, int rules, Hit hit) {
    const Case& given = case_of(workload, rules, hit);
    const auto one = [&](std::size_t i) { return given.ruleset->decide(given.contexts[i]); };
    run(state, given, hit, one);
}

void walk(benchmark::State& state, Workload workload, int rules, Hit hit) {
    const Case& given = case_of(workload, rules, hit);
    const auto one = [&](std::size_t i) { return given.ruleset->decide_linear(given.contexts[i]); };
    run(state, given, hit, one);
}

void naive(benchmark::State& state, Workload workload, int rules, Hit hit) {
    const Case& given = case_of(workload, rules, hit);
    const auto one = [&](std::size_t i) { return walk_naively(given, given.facts[i]); };
    run(state, given, hit, one);
}

void context_and_decide(benchmark::State& state, Workload workload, int rules, Hit hit) {
    const Case& given = case_of(workload, rules, hit);
    // The look-up by name is the harness's; servers write to slots. So values are found beforehand.
    std::vector<std::vector<const Value*>> values(given.facts.size());
    for (std::size_t i = 0; i < values.size(); ++i) {
        for (const FieldUse& use : given.ruleset->fields()) {
            values[i].push_back(&value_of(given.facts[i], use.name));
        }
    }
    Context context;
    std::string url;
    url.reserve(kMaxUrlBytes);
    const auto one = [&](std::size_t i) {
        context.begin(given.ruleset->fields());
        for (std::size_t slot = 0; slot < values[i].size(); ++slot) {
            context.set(static_cast<Slot>(slot), *values[i][slot]);
        }
        const Decision decision = given.ruleset->decide(context);
        url.clear();
        if (decision.outcome == Outcome::redirect) {
            benchmark::DoNotOptimize(given.ruleset->render(decision.rule, context, url));
        }
        return decision;
    };
    run(state, given, hit, one);
}

// Between decisions eight megabytes are read, so that nothing of the ruleset is in L2. The time
// includes one reading of the clock, and so does p50, the counter to look at.
void decide_cold(benchmark::State& state, Workload workload, int rules, Hit hit) {
    const Case& given = case_of(workload, rules, hit);
    std::vector<std::uint64_t> other(1 << 20, 1);
    std::vector<double> seconds;
    for (auto _ : state) {
        std::uint64_t sum = 0;
        for (const std::uint64_t word : other)
            sum += word;
        benchmark::DoNotOptimize(sum);
        const Context& context = given.contexts[seconds.size() % given.contexts.size()];
        const auto before = std::chrono::steady_clock::now();
        benchmark::DoNotOptimize(given.ruleset->decide(context));
        const auto after = std::chrono::steady_clock::now();
        seconds.push_back(std::chrono::duration<double>(after - before).count());
        state.SetIterationTime(seconds.back());
    }
    std::nth_element(seconds.begin(), seconds.begin() + 1'000, seconds.end());
    state.counters["p50"] = seconds[1'000];
}

void compile_rules(benchmark::State& state, Workload workload, int rules) {
    const Case& given = case_of(workload, rules, Hit::none);
    for (auto _ : state)
        benchmark::DoNotOptimize(compile(given.sources, {Level::account, {}}));
    state.counters["per_rule"] = benchmark::Counter(
        static_cast<double>(rules),
        benchmark::Counter::kIsIterationInvariantRate | benchmark::Counter::kInvert);
}

void render_url(benchmark::State& state) {
    const Case& given = case_of(Workload::catalogue, 1, Hit::none);
    std::string url;
    url.reserve(kMaxUrlBytes);
    std::size_t i = 0;
    for (auto _ : state) {
        url.clear();
        benchmark::DoNotOptimize(given.ruleset->render(0, given.contexts[i], url));
        i = (i + 1) % given.contexts.size();
    }
    state.counters["bytes"] = static_cast<double>(url.size());
}

// The clock of a shared machine wanders; ratios to this loop (a chain of multiplications) do not.
void calibrate(benchmark::State& state) {
    std::uint64_t value = 1;
    for (auto _ : state) {
        for (int i = 0; i < 100; ++i)
            benchmark::DoNotOptimize(value = value * 3 + 1);
    }
}

// Sixteen rows of 10,000 bits without a survivor, kernel by kernel.
void kernel(benchmark::State& state, const NamedKernel& named) {
    constexpr std::size_t kBlocks = 20;
    std::vector<Block> rows(kBlocks * 16);
    for (std::size_t i = 0; i < rows.size(); ++i)
        rows[i].words.fill(i < kBlocks ? 0 : ~0ULL);
    RowSelection selection;
    for (std::size_t row = 0; row < 16; ++row)
        selection.add(&rows[row * kBlocks]);
    Block survivors;
    for (auto _ : state)
        benchmark::DoNotOptimize(named.find(selection, 0, kBlocks, survivors));
}

using Measure = void (*)(benchmark::State&, Workload, int, Hit);

void add(const std::string& name, Measure measure, Workload workload, int rules, Hit hit) {
    const std::string full = name + "/" + kWorkloadNames[static_cast<int>(workload)] + "/" +
                             std::to_string(rules) + "/" + kHitNames[static_cast<int>(hit)];
    auto* const added = benchmark::RegisterBenchmark(full.c_str(), measure, workload, rules, hit);
    // A cold decision takes a thousand times longer to prepare than to make.
    if (measure == decide_cold) added->Iterations(2'000)->UseManualTime();
}

void add_all() {
    benchmark::RegisterBenchmark("calibrate", calibrate);
    for (const NamedKernel& named : survivor_kernels()) {
        benchmark::RegisterBenchmark((std::string("kernel/") + named.name).c_str(), kernel, named);
    }
    benchmark::RegisterBenchmark("render", render_url);
    for (const Workload workload : {Workload::catalogue, Workload::marketing, Workload::mixed}) {
        for (const int rules : {1, 10, 1'000, 10'000}) {
            for (const Hit hit : {Hit::none, Hit::first, Hit::last}) {
                add("decide", decide, workload, rules, hit);
                add("walk", walk, workload, rules, hit);
                add("naive", naive, workload, rules, hit);
                add("context+decide+render", context_and_decide, workload, rules, hit);
            }
            add("cold", decide_cold, workload, rules, Hit::none);
            const std::string name = std::string("compile/") +
                                     kWorkloadNames[static_cast<int>(workload)] + "/" +
                                     std::to_string(rules);
            benchmark::RegisterBenchmark(name.c_str(), compile_rules, workload, rules);
        }
    }
}

}  // namespace

int main(int argc, char** argv) {
    add_all();
    benchmark::Initialize(&argc, argv);
    if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 1;
    benchmark::RunSpecifiedBenchmarks();
    return 0;
}
