// Which of many literals occur in a text: one pass, whatever the text and however many literals.
// Shape:   the automaton of Aho and Corasick (1975) with every transition written out; bytes that
// no
//          literal holds share one column of the table.
// Threads: immutable.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace redirector::facts {

class LiteralScanner {
  public:
    // Literals are not empty and hold no upper-case ASCII letters.
    explicit LiteralScanner(const std::vector<std::string>& literals);

    // The places, in the constructor's list, of the literals that occur in the text, its ASCII
    // letters taken as lower case. Ascending, each once.
    std::vector<int> find(std::string_view text) const;

  private:
    struct State {
        int literal = kNone;             // that ends here
        std::uint32_t shorter = kStart;  // the next state whose literal ends here as well
        std::uint32_t fallback = kStart;
    };
    static constexpr int kNone = -1;
    static constexpr std::uint32_t kStart = 0;

    std::uint32_t& next(std::uint32_t state, std::uint8_t column) {
        return transitions_[state * columns_ + column];
    }
    std::uint32_t next(std::uint32_t state, std::uint8_t column) const {
        return transitions_[state * columns_ + column];
    }
    void choose_columns(const std::vector<std::string>& literals);
    void add(std::string_view literal, int place);
    void link();

    std::array<std::uint8_t, 256> column_of_{};  // 0: in no literal
    std::size_t columns_ = 1;
    std::vector<State> states_;
    std::vector<std::uint32_t> transitions_;  // states x columns
};

}  // namespace redirector::facts
