// What is asked for: a request's text with {path} and {ip} in it, the paths, and their order.
// Shape:   cheap enough to be made per request: two copies of the text around the path.
// Errors:  a file that cannot be read ends the program with a line that names it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace load {

enum class Order : std::uint8_t { in_turn, uniform, zipf };

class Traffic {
  public:
    // `head`: file with the request; `paths`: one path a line. Zipf with exponent 1: the path on
    // line k is asked for 1/k times as often as the first. `first`: where `in_turn` begins.
    Traffic(const std::string& head,
            const std::string& paths,
            Order order,
            std::uint64_t seed,
            std::size_t first);

    // Appends the next request.
    void append(std::string& out);

  private:
    // A piece of the text and what comes behind it.
    enum class Blank : std::uint8_t { none, path, ip };
    struct Piece {
        std::string text;
        Blank blank = Blank::none;
    };

    std::uint64_t random();
    std::string_view next_path();
    void append_ip(std::string& out);

    std::vector<Piece> pieces_;
    std::vector<std::string> paths_;
    std::vector<double> shares_;  // zipf: of the paths up to each, summed
    Order order_;
    std::uint64_t state_;
    std::size_t turn_;
};

}  // namespace load
