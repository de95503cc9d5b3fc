// Lower: simplified tree -> instructions, appended to a program that many rules share.
// Threads: one builder, one thread.
#pragma once

#include "rules/check.hpp"
#include "rules/program.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

namespace rules {

/// Gives each field name of a ruleset its slot, in order of first use.
class SlotTable {
  public:
    static constexpr std::size_t kMaxFields = 65'000;

    /// The slot of `name`. The caller checks full() between rules.
    Slot slot(std::string_view name, const Field& field);
    /// Nothing when no reachable rule asked for `name` yet.
    [[nodiscard]] std::optional<Slot> find(const std::string& name) const;
    [[nodiscard]] bool full() const { return fields_.size() > kMaxFields - 1024; }
    /// By slot. Names live as long as the table.
    [[nodiscard]] std::vector<FieldUse>& fields() { return fields_; }

  private:
    std::vector<FieldUse> fields_;
    std::unordered_map<std::string, Slot> slots_;
};

/// Appends rules to a program in order; equal literals are stored once.
class Lowering {
  public:
    Lowering(Program& program, SlotTable& slots) : program_(program), slots_(slots) {}

    /// The next rule's code. `root` is the tree that simplify returned for `filter`.
    void add_rule(const CheckedFilter& filter, const Node& root);

  private:
    using Questions = std::vector<Instruction>;

    /// The instructions of one test, any of which says yes; `negated` when the test is `!=`.
    struct Lowered {
        Questions questions;
        bool negated = false;
    };

    Lowered lower(const Test& test);
    void lower_literal(Questions& out, const Test& test, const Literal& literal, Slot slot);
    void lower_long_list(Questions& out, const Test& test, Slot slot);
    Instruction text_question(OpCode op, Slot slot, const std::string& text);
    Instruction number_question(OpCode op, Slot slot, const Number& number);
    std::uint32_t text_index(const std::string& text);
    std::uint32_t number_index(const Number& number);

    [[nodiscard]] bool needs_guard(const Lowered& lowered) const;
    [[nodiscard]] std::size_t size_of(const Node& node, const std::vector<Lowered>& tests) const;
    void emit(const Node& node,
              const std::vector<Lowered>& tests,
              std::size_t at,
              std::uint16_t if_true,
              std::uint16_t if_false);

    Program& program_;
    SlotTable& slots_;
    std::unordered_map<std::string, std::uint32_t> text_indexes_;
    std::map<std::pair<bool, double>, std::uint32_t> number_indexes_;
};

}  // namespace rules
