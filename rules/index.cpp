#include "rules/index.hpp"

#include <boost/unordered/unordered_flat_map.hpp>

#include <algorithm>
#include <array>
#include <functional>
#include <limits>
#include <map>
#include <optional>
#include <set>
#include <utility>
#include <vector>

namespace rules {

namespace {

// Nanoseconds, as measured by bench/rules_bench.cpp on a 3 GHz core; only their ratios matter.
constexpr double kRuleWalked = 3.5;  // a rule that misses at its first test
constexpr double kPosting = 1.5;     // a candidate that its Bloom word rules out
constexpr double kSparseLookup = 4;  // a slot looked up in the sparse table
constexpr double kDenseStart = 10;   // the dense half at all
constexpr double kDenseLookup = 5;   // a slot looked up in the dense half
constexpr double kBlock = 0.6;       // a block of one row
constexpr double kSurvivor = 8;      // a clause that no row narrows

constexpr auto kThresholds = std::to_array<std::uint32_t>({0, 1, 2, 4, 8, 16, 32, 64});

// The constraint by which a clause would be found: the one whose commonest key is rarest.
struct Access {
    std::size_t constraint = 0;
    std::uint32_t frequency = std::numeric_limits<std::uint32_t>::max();
};

using Frequencies = boost::unordered_flat_map<std::uint64_t, std::uint32_t>;

Frequencies count_keys(std::span<const Clause> clauses) {
    Frequencies frequencies;
    for (const Clause& clause : clauses) {
        for (const Constraint& constraint : clause.constraints) {
            for (const std::uint64_t key : constraint.keys) {
                ++frequencies[slot_key(constraint.slot, key)];
            }
        }
    }
    return frequencies;
}

// Each prefix length of a slot costs every decision a look-up, so only the commonest are served.
constexpr std::size_t kMaxPrefixProbes = 16;
using PrefixProbes = std::set<std::pair<Slot, std::uint32_t>>;

PrefixProbes commonest_prefixes(std::span<const Clause> clauses) {
    std::map<std::pair<Slot, std::uint32_t>, std::uint32_t> counts;
    for (const Clause& clause : clauses) {
        for (const Constraint& constraint : clause.constraints) {
            for (const std::uint32_t length : constraint.prefix_lengths) {
                ++counts[{constraint.slot, length}];
            }
        }
    }
    std::vector<std::pair<std::uint32_t, std::pair<Slot, std::uint32_t>>> ranked;
    ranked.reserve(counts.size());
    for (const auto& [probe, count] : counts)
        ranked.emplace_back(count, probe);
    std::sort(ranked.begin(), ranked.end(), std::greater<>());
    if (ranked.size() > kMaxPrefixProbes) ranked.resize(kMaxPrefixProbes);
    PrefixProbes probes;
    for (const auto& [count, probe] : ranked)
        probes.insert(probe);
    return probes;
}

Access access_of(const Clause& clause, const Frequencies& frequencies, const PrefixProbes& probes) {
    Access best;
    for (std::size_t i = 0; i < clause.constraints.size(); ++i) {
        const Constraint& constraint = clause.constraints[i];
        const auto& lengths = constraint.prefix_lengths;
        const bool served = std::all_of(lengths.begin(), lengths.end(), [&](std::uint32_t length) {
            return probes.contains({constraint.slot, length});
        });
        if (!served) continue;
        std::uint32_t commonest = 0;
        for (const std::uint64_t key : constraint.keys) {
            const auto found = frequencies.find(slot_key(constraint.slot, key));
            commonest = std::max(commonest, found->second);
        }
        if (commonest > 0 && commonest < best.frequency) best = {i, commonest};
    }
    return best;
}

// What a decision costs when clauses with an access frequency up to `threshold` are sparse.
double estimate(std::span<const Clause> clauses,
                std::span<const Access> accesses,
                std::uint32_t threshold) {
    std::size_t dense = 0;
    std::size_t unconstrained = 0;
    boost::unordered_flat_map<Slot, std::uint32_t> sparse_slots;
    boost::unordered_flat_map<Slot, std::uint32_t> dense_slots;
    for (std::size_t i = 0; i < clauses.size(); ++i) {
        if (accesses[i].frequency <= threshold) {
            auto& longest = sparse_slots[clauses[i].constraints[accesses[i].constraint].slot];
            longest = std::max(longest, accesses[i].frequency);
            continue;
        }
        ++dense;
        if (clauses[i].constraints.empty()) ++unconstrained;
        for (const Constraint& constraint : clauses[i].constraints)
            ++dense_slots[constraint.slot];
    }
    double cost = 0;
    for (const auto& [slot, longest] : sparse_slots)
        cost += kSparseLookup + kPosting * longest;
    if (dense == 0) return cost;
    const auto tables = static_cast<double>(std::min(dense_slots.size(), DenseIndex::kMaxTables));
    const std::size_t row_blocks = dense / Block::kBits + 1;
    const auto blocks = static_cast<double>(row_blocks);
    return cost + kDenseStart + tables * (kDenseLookup + blocks * kBlock) +
           kSurvivor * static_cast<double>(unconstrained);
}

}  // namespace

std::unique_ptr<const Index> Index::build(std::span<const Clause> clauses, std::size_t rules) {
    const double walk = kRuleWalked * static_cast<double>(rules);
    if (walk <= kDenseStart + kSparseLookup) return nullptr;
    const Frequencies frequencies = count_keys(clauses);
    std::vector<Access> accesses;
    accesses.reserve(clauses.size());
    const PrefixProbes probes = commonest_prefixes(clauses);
    for (const Clause& clause : clauses) {
        accesses.push_back(access_of(clause, frequencies, probes));
    }

    double cheapest = walk;
    std::optional<std::uint32_t> threshold;
    for (const std::uint32_t candidate : kThresholds) {
        const double cost = estimate(clauses, accesses, candidate);
        if (cost >= cheapest) continue;
        cheapest = cost;
        threshold = candidate;
    }
    if (!threshold) return nullptr;

    std::vector<SparseClause> rare;
    std::vector<const Clause*> common;
    for (std::size_t i = 0; i < clauses.size(); ++i) {
        if (accesses[i].frequency <= *threshold) {
            rare.push_back({&clauses[i], accesses[i].constraint});
        } else {
            common.push_back(&clauses[i]);
        }
    }
    return std::unique_ptr<const Index>(new Index(rare, common));
}

Candidate Index::first_match(const Program& program, const Context& context) const {
    Candidate best;
    sparse_.search(program, context, best);
    dense_.search(program, context, best);
    return best;
}

std::size_t Index::memory_bytes() const {
    return sizeof *this + sparse_.memory_bytes() + dense_.memory_bytes();
}

}  // namespace rules
