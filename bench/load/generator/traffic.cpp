#include "bench/load/generator/traffic.hpp"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>

namespace load {
namespace {

std::ifstream open(const std::string& name) {
    std::ifstream file(name, std::ios::binary);
    if (file) return file;
    std::fprintf(stderr, "load_generator: cannot read %s\n", name.c_str());
    std::exit(1);
}

}  // namespace

Traffic::Traffic(const std::string& head,
                 const std::string& paths,
                 Order order,
                 std::uint64_t seed,
                 std::size_t first)
    : order_(order), state_(seed * 2 + 1), turn_(first) {
    auto file = open(head);
    std::string text{std::istreambuf_iterator<char>(file), {}};
    for (;;) {
        const std::size_t path = text.find("{path}");
        const std::size_t ip = text.find("{ip}");
        const std::size_t at = std::min(path, ip);
        pieces_.push_back({text.substr(0, at), Blank::none});
        if (at == text.npos) break;
        pieces_.back().blank = path < ip ? Blank::path : Blank::ip;
        text.erase(0, at + (path < ip ? 6 : 4));
    }
    auto lines = open(paths);
    for (std::string line; std::getline(lines, line);)
        paths_.push_back(line);
    if (paths_.empty()) paths_.emplace_back("/");
    double sum = 0;
    for (std::size_t rank = 1; order == Order::zipf && rank <= paths_.size(); ++rank)
        shares_.push_back(sum += 1 / static_cast<double>(rank));
}

// xorshift64* (Vigna 2016).
std::uint64_t Traffic::random() {
    state_ ^= state_ >> 12;
    state_ ^= state_ << 25;
    state_ ^= state_ >> 27;
    return state_ * 0x2545f4914f6cdd1d;
}

std::string_view Traffic::next_path() {
    switch (order_) {
        case Order::in_turn:
            return paths_[turn_++ % paths_.size()];
        case Order::uniform:
            return paths_[random() % paths_.size()];
        case Order::zipf:
            break;
    }
    const double share = static_cast<double>(random() >> 11) * 0x1p-53 * shares_.back();
    const auto found = std::upper_bound(shares_.begin(), shares_.end(), share);
    return paths_[static_cast<std::size_t>(found - shares_.begin()) % paths_.size()];
}

// Public unicast space, so that a geo database has something to say.
void Traffic::append_ip(std::string& out) {
    const std::uint64_t bits = random();
    const unsigned first = 11 + static_cast<unsigned>(bits >> 56) % 100;
    char text[16];
    const int size = std::snprintf(
        text, sizeof text, "%u.%u.%u.%u", first, static_cast<unsigned>(bits >> 48 & 255),
        static_cast<unsigned>(bits >> 40 & 255), static_cast<unsigned>(bits >> 32 & 255));
    out.append(text, static_cast<std::size_t>(size));
}

void Traffic::append(std::string& out) {
    for (const Piece& piece : pieces_) {
        out.append(piece.text);
        if (piece.blank == Blank::path) out.append(next_path());
        if (piece.blank == Blank::ip) append_ip(out);
    }
}

}  // namespace load
