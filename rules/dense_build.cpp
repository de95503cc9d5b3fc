// Builds what rules/dense_index.hpp searches.
#include "rules/dense_index.hpp"

#include <boost/unordered/unordered_flat_map.hpp>

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <map>
#include <utility>

namespace rules {

class DenseIndex::Builder {
  public:
    Builder(DenseIndex& index, std::span<const Clause* const> clauses)
        : index_(index), clauses_(clauses) {}

    void run() {
        index_.blocks_ = (clauses_.size() + Block::kBits - 1) / Block::kBits;
        for (const Clause* clause : clauses_)
            index_.rules_.push_back(clause->rule);
        const std::uint32_t everything = add_row();
        for (std::uint32_t clause = 0; clause < clauses_.size(); ++clause)
            set(everything, clause);
        for (const auto& [slot, askers] : most_asked_slots()) {
            const std::size_t room = (kMaxRows - row_count_) / 2;
            if (room < 4) break;
            if (askers.front().constraint->keys.empty()) {
                add_cut_table(slot, askers, room);
            } else {
                add_key_table(slot, askers, room);
            }
        }
        index_.rules_.shrink_to_fit();
        index_.tables_.shrink_to_fit();
        index_.entries_.shrink_to_fit();
        index_.cuts_.shrink_to_fit();
        index_.rows_.shrink_to_fit();
    }

  private:
    /// A clause that constrains a slot. Of several constraints on one slot the first counts.
    struct Asker {
        std::uint32_t clause = 0;
        const Constraint* constraint = nullptr;
    };
    using Askers = std::vector<Asker>;
    using KeyCounts = boost::unordered_flat_map<std::uint64_t, std::uint32_t>;

    std::vector<std::pair<Slot, Askers>> most_asked_slots() const {
        std::map<Slot, Askers> by_slot;
        for (std::uint32_t clause = 0; clause < clauses_.size(); ++clause) {
            for (const Constraint& constraint : clauses_[clause]->constraints) {
                if (!constraint.prefix_lengths.empty()) continue;
                Askers& askers = by_slot[constraint.slot];
                const bool again = !askers.empty() && askers.back().clause == clause;
                if (!again) askers.push_back({clause, &constraint});
            }
        }
        std::vector<std::pair<Slot, Askers>> slots(std::make_move_iterator(by_slot.begin()),
                                                   std::make_move_iterator(by_slot.end()));
        std::stable_sort(slots.begin(), slots.end(), [](const auto& left, const auto& right) {
            return left.second.size() > right.second.size();
        });
        if (slots.size() > kMaxTables) slots.resize(kMaxTables);
        return slots;
    }

    std::uint32_t add_row() {
        index_.rows_.resize(index_.rows_.size() + index_.blocks_);
        return row_count_++;
    }

    std::uint32_t copy_row(std::uint32_t row) {
        const std::uint32_t added = add_row();
        const auto from = index_.rows_.begin() + static_cast<std::ptrdiff_t>(row * index_.blocks_);
        const auto to = index_.rows_.begin() + static_cast<std::ptrdiff_t>(added * index_.blocks_);
        std::copy_n(from, index_.blocks_, to);
        return added;
    }

    void set(std::uint32_t row, std::uint32_t clause) {
        index_.rows_[row * index_.blocks_ + clause / Block::kBits].set(clause % Block::kBits);
    }

    void clear(std::uint32_t row, std::uint32_t clause) {
        index_.rows_[row * index_.blocks_ + clause / Block::kBits].clear(clause % Block::kBits);
    }

    // The keys that get a row: all of them, or as many of the commonest as there is room for.
    static std::vector<std::uint64_t> kept_keys(const Askers& askers, std::size_t room) {
        KeyCounts counts;
        for (const Asker& asker : askers) {
            for (const std::uint64_t key : asker.constraint->keys)
                ++counts[key];
        }
        std::vector<std::pair<std::uint32_t, std::uint64_t>> ranked;
        for (const auto& [key, count] : counts)
            ranked.emplace_back(count, key);
        std::sort(ranked.begin(), ranked.end(), std::greater<>());
        if (ranked.size() > room) ranked.resize(room);
        std::vector<std::uint64_t> kept;
        kept.reserve(ranked.size());
        for (const auto& [count, key] : ranked)
            kept.push_back(key);
        return kept;
    }

    // A clause with a key that got no row is free: its slot does not narrow it.
    void add_key_table(Slot slot, const Askers& askers, std::size_t room) {
        const std::vector<std::uint64_t> kept = kept_keys(askers, room - 1);
        boost::unordered_flat_map<std::uint64_t, std::uint32_t> rows;
        for (const std::uint64_t key : kept)
            rows.emplace(key, 0);
        const auto narrows = [&](const Asker& asker) {
            const auto& keys = asker.constraint->keys;
            return std::all_of(keys.begin(), keys.end(),
                               [&](std::uint64_t key) { return rows.contains(key); });
        };
        Table table;
        table.slot = slot;
        table.free_row = copy_row(0);
        for (const Asker& asker : askers) {
            if (narrows(asker)) clear(table.free_row, asker.clause);
        }
        for (auto& [key, row] : rows)
            row = copy_row(table.free_row);
        for (const Asker& asker : askers) {
            if (!narrows(asker)) continue;
            for (const std::uint64_t key : asker.constraint->keys)
                set(rows[key], asker.clause);
        }
        table.begin = static_cast<std::uint32_t>(index_.entries_.size());
        table.size = static_cast<std::uint32_t>(std::bit_ceil(rows.size() * 3 / 2 + 1));
        index_.entries_.resize(table.begin + table.size);
        Entry* const entries = index_.entries_.data() + table.begin;
        for (const auto& [key, row] : rows) {
            std::size_t at = key & (table.size - 1);
            while (entries[at].row != 0)
                at = (at + 1) & (table.size - 1);
            entries[at] = {key, row};
        }
        index_.tables_.push_back(table);
    }

    static std::vector<double> cuts_of(const Askers& askers, std::size_t room) {
        std::vector<double> cuts;
        for (const Asker& asker : askers) {
            for (const Interval& interval : asker.constraint->intervals) {
                if (std::isfinite(interval.low)) cuts.push_back(interval.low);
                if (std::isfinite(interval.high)) cuts.push_back(interval.high);
            }
        }
        std::sort(cuts.begin(), cuts.end());
        cuts.erase(std::unique(cuts.begin(), cuts.end()), cuts.end());
        const std::size_t most = std::min(kMaxCuts, (room - 2) / 2);
        if (cuts.size() <= most) return cuts;
        std::vector<double> coarse;
        for (std::size_t i = 0; i < most; ++i)
            coarse.push_back(cuts[i * cuts.size() / most]);
        return coarse;
    }

    void add_cut_table(Slot slot, const Askers& askers, std::size_t room) {
        const std::vector<double> cuts = cuts_of(askers, room);
        Table table;
        table.slot = slot;
        table.cuts = true;
        table.begin = static_cast<std::uint32_t>(index_.cuts_.size());
        table.size = static_cast<std::uint32_t>(cuts.size());
        index_.cuts_.insert(index_.cuts_.end(), cuts.begin(), cuts.end());
        table.free_row = copy_row(0);
        for (const Asker& asker : askers)
            clear(table.free_row, asker.clause);
        for (std::size_t region = 0; region <= 2 * cuts.size(); ++region)
            copy_row(table.free_row);
        for (const Asker& asker : askers) {
            for (const Interval& interval : asker.constraint->intervals) {
                if (interval.low > interval.high) continue;
                const std::uint32_t last = region_of(cuts, interval.high);
                for (std::uint32_t region = region_of(cuts, interval.low); region <= last;
                     ++region) {
                    set(table.free_row + 1 + region, asker.clause);
                }
            }
        }
        index_.tables_.push_back(table);
    }

    DenseIndex& index_;
    std::span<const Clause* const> clauses_;
    std::uint32_t row_count_ = 0;
};

DenseIndex::DenseIndex(std::span<const Clause* const> clauses) {
    if (!clauses.empty()) Builder(*this, clauses).run();
}

}  // namespace rules
