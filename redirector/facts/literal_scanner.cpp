#include "redirector/facts/literal_scanner.hpp"

#include "redirector/facts/text.hpp"

#include <algorithm>

namespace redirector::facts {

LiteralScanner::LiteralScanner(const std::vector<std::string>& literals) {
    choose_columns(literals);
    states_.emplace_back();
    transitions_.resize(columns_, kStart);
    for (std::size_t place = 0; place < literals.size(); ++place) {
        add(literals[place], static_cast<int>(place));
    }
    link();
}

void LiteralScanner::choose_columns(const std::vector<std::string>& literals) {
    for (const auto& literal : literals) {
        for (const char c : literal) {
            auto& column = column_of_[static_cast<std::uint8_t>(c)];
            if (column == 0) column = static_cast<std::uint8_t>(columns_++);
        }
    }
    for (char c = 'A'; c <= 'Z'; ++c) {
        column_of_[static_cast<std::uint8_t>(c)] = column_of_[static_cast<std::uint8_t>(lower(c))];
    }
}

void LiteralScanner::add(std::string_view literal, int place) {
    std::uint32_t state = kStart;
    for (const char c : literal) {
        const auto column = column_of_[static_cast<std::uint8_t>(c)];
        if (next(state, column) == kStart) {
            const auto fresh = static_cast<std::uint32_t>(states_.size());
            states_.emplace_back();
            transitions_.resize(transitions_.size() + columns_, kStart);
            next(state, column) = fresh;
        }
        state = next(state, column);
    }
    states_[state].literal = place;
}

// Breadth first, so that a state's fallback, which is nearer to the start, is complete before it.
void LiteralScanner::link() {
    std::vector<std::uint32_t> queue{kStart};
    for (std::size_t at = 0; at < queue.size(); ++at) {
        const auto state = queue[at];
        const auto fallback = states_[state].fallback;
        for (std::size_t c = 1; c < columns_; ++c) {
            const auto column = static_cast<std::uint8_t>(c);
            const auto child = next(state, column);
            const auto instead = state == kStart ? kStart : next(fallback, column);
            if (child == kStart) {
                next(state, column) = instead;
                continue;
            }
            states_[child].fallback = instead;
            states_[child].shorter =
                states_[instead].literal == kNone ? states_[instead].shorter : instead;
            queue.push_back(child);
        }
    }
}

std::vector<int> LiteralScanner::find(std::string_view text) const {
    std::vector<int> found;
    std::uint32_t state = kStart;
    for (const char c : text) {
        state = next(state, column_of_[static_cast<std::uint8_t>(c)]);
        for (auto end = state; end != kStart; end = states_[end].shorter) {
            if (states_[end].literal != kNone) found.push_back(states_[end].literal);
        }
    }
    std::sort(found.begin(), found.end());
    found.erase(std::unique(found.begin(), found.end()), found.end());
    return found;
}

}  // namespace redirector::facts
