// Text writer: characters and small numbers at the end of a string whose room is made once, since
// checking and growing for every piece is most of the cost of a vector image.
#pragma once

#include <array>
#include <cstddef>
#include <cstring>
#include <string>
#include <string_view>

namespace qr {

class TextWriter {
  public:
    // Appends to `out`, which must not be touched until the writer is gone, at most `room`
    // characters.
    TextWriter(std::string& out, std::size_t room) : out_(out) {
        const std::size_t size = out.size();
        out.resize(size + room + kSlack);
        at_ = out.data() + size;
    }
    ~TextWriter() { out_.resize(static_cast<std::size_t>(at_ - out_.data())); }
    TextWriter(const TextWriter&) = delete;
    TextWriter& operator=(const TextWriter&) = delete;

    void put(char c) { *at_++ = c; }
    void put(std::string_view text) {
        std::memcpy(at_, text.data(), text.size());
        at_ += text.size();
    }
    // A coordinate in modules, 0 to 255.
    void put_small(int number) {
        const Digits& digits = kDigits[static_cast<std::size_t>(number)];
        std::memcpy(at_, digits.text, sizeof digits.text);
        at_ += digits.length;
    }

  private:
    static constexpr std::size_t kSlack = 4;  // put_small() writes more than it counts
    struct Digits {
        char text[3];
        unsigned char length;
    };
    static constexpr auto kDigits = [] {
        std::array<Digits, 256> table{};
        for (int number = 0; number < 256; ++number) {
            Digits& digits = table[static_cast<std::size_t>(number)];
            for (int power = 100; power > 0; power /= 10)
                if (number >= power || power == 1)
                    digits.text[digits.length++] = static_cast<char>('0' + number / power % 10);
        }
        return table;
    }();

    std::string& out_;
    char* at_;
};

}  // namespace qr
