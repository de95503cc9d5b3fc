// Context: the values of one decision, in numbered slots, as a ruleset asks for them.
// Shape:   one cell per field that the ruleset reads; texts are views.
// Memory:  grows to the largest ruleset and the longest lists seen, then allocates no more.
// Threads: owned and used by one thread. Texts and the ruleset must outlive the decision and the
//          rendering; begin() forgets them all.
#pragma once

#include "rules/value.hpp"
#include "rules/vocabulary.hpp"

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace rules {

using Slot = std::uint16_t;

/// A field that a ruleset reads, and where its value belongs.
struct FieldUse {
    std::string_view name;         ///< canonical, "thng.customFields.size"; lives with the ruleset
    const Field* field = nullptr;  ///< type and tier
    bool in_match = false;         ///< needed to decide
    bool in_template = false;      ///< needed to render the URL of some rule
};

/// One value. What the evaluator needs beside it (hash, Bloom word) is computed when it is set.
struct Cell {
    enum class Kind : std::uint8_t { missing, pending, text, integer, real, boolean, list, object };

    std::uint64_t hash = 0;   ///< of a text, number or boolean; 0 otherwise
    std::uint64_t bloom = 0;  ///< bloom_bit of each hash; all ones while pending
    const char* data = nullptr;
    std::int64_t integer = 0;  ///< an integer; a boolean as 0 or 1; a list's first item
    double real = 0;           ///< an integer or a real
    std::uint32_t size = 0;    ///< bytes of a text, items of a list
    Kind kind = Kind::missing;

    [[nodiscard]] bool is_number() const { return kind == Kind::integer || kind == Kind::real; }
    [[nodiscard]] std::string_view view() const { return {data, size}; }
};

/// Values that do not fit their field's type (an object for a name) count as missing, as in
/// `fit` (rules/interpret.hpp). Slots are below the size given to begin().
class Context {
  public:
    Context();

    /// Starts a decision over `fields` (Ruleset::fields()). Every slot is missing, except those of
    /// costly fields, which are pending: reaching one makes the decision ask for it.
    void begin(std::span<const FieldUse> fields);

    void set_missing(Slot slot);
    void set_text(Slot slot, std::string_view text);
    void set_texts(Slot slot, std::span<const std::string_view> texts);
    void set_integer(Slot slot, std::int64_t value);
    void set_real(Slot slot, double value);
    void set_boolean(Slot slot, bool value);
    void set_object(Slot slot);
    /// Any value; `value` must outlive the decision.
    void set(Slot slot, const Value& value);
    /// Every slot from `facts`, costly ones included; `facts` must outlive the decision.
    void set_all(const Facts& facts);

    /// What a slot holds, as it was brought; missing for one that is pending.
    [[nodiscard]] Value value(Slot slot) const { return value(cells_[slot]); }
    /// All of it by name, as dry runs and explanations take it.
    [[nodiscard]] Facts facts() const;

    [[nodiscard]] const Cell& cell(Slot slot) const { return cells_[slot]; }
    [[nodiscard]] const Cell* cells() const { return cells_.data(); }
    [[nodiscard]] std::span<const Cell> items(const Cell& list) const {
        return {items_.data() + list.integer, list.size};
    }
    [[nodiscard]] const Cell* all_items() const { return items_.data(); }
    /// The slots that were given a value since begin(), in that order; a slot may occur twice.
    [[nodiscard]] std::span<const Slot> touched() const { return touched_; }

  private:
    Cell& open(Slot slot);
    [[nodiscard]] Value value(const Cell& cell) const;
    [[nodiscard]] Cell text_cell(const FieldUse& use, std::string_view text) const;
    [[nodiscard]] Cell scalar_cell(const FieldUse& use, const Value& value) const;
    void begin_list(Cell& cell);
    void append(Cell& list, const Cell& item);

    std::span<const FieldUse> fields_;
    std::vector<Cell> cells_;
    std::vector<Cell> items_;
    std::vector<Slot> touched_;
};

}  // namespace rules
