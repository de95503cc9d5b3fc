#include "redirector/load_input.hpp"

#include <algorithm>
#include <cerrno>
#include <poll.h>
#include <string_view>
#include <unistd.h>

namespace redirector {
namespace {

constexpr int kLookEveryMs = 250;
constexpr std::size_t kDigestBytes = 32;

}  // namespace

LoadInput::LoadInput(int descriptor,
                     std::size_t max_line,
                     const volatile std::sig_atomic_t& stopping)
    : descriptor_(descriptor), max_line_(max_line), stopping_(stopping) {
    crypto_generichash_init(&lines_, nullptr, 0, kDigestBytes);
    line_ = lines_;
}

// Waits in slices, since a signal may come to another thread and then interrupts nothing here.
Read LoadInput::fill() {
    for (;;) {
        if (stopping_ != 0) return Read::stopped;
        pollfd ready{descriptor_, POLLIN, 0};
        const int polled = ::poll(&ready, 1, kLookEveryMs);
        if (polled == 0 || (polled < 0 && errno == EINTR)) continue;
        if (polled < 0) return Read::failed;
        const ssize_t got = ::read(descriptor_, buffer_.data(), buffer_.size());
        if (got < 0 && (errno == EINTR || errno == EAGAIN)) continue;
        if (got < 0) return Read::failed;
        begin_ = 0;
        end_ = static_cast<std::size_t>(got);
        return got == 0 ? Read::end : Read::line;
    }
}

void LoadInput::take(std::string_view piece) {
    crypto_generichash_update(&line_, reinterpret_cast<const unsigned char*>(piece.data()),
                              piece.size());
    line_bytes_ += piece.size();
}

Read LoadInput::finish_line(bool too_long) {
    lines_ = line_;
    bytes_ += line_bytes_;
    line_bytes_ = 0;
    return too_long ? Read::too_long : Read::line;
}

Read LoadInput::next(std::string& line) {
    line.clear();
    bool too_long = false;
    for (;;) {
        if (begin_ == end_) {
            const Read filled = fill();
            if (filled == Read::end && line_bytes_ > 0) {
                take("\n");  // as if it stood there, so that lines may be added later
                return finish_line(too_long);
            }
            if (filled != Read::line) return filled;
        }
        const std::string_view rest(buffer_.data() + begin_, end_ - begin_);
        const std::size_t length = std::min(rest.find('\n'), rest.size());
        const bool ends = length < rest.size();
        const std::string_view piece = rest.substr(0, length + (ends ? 1 : 0));
        take(piece);
        begin_ += piece.size();
        too_long = too_long || line.size() + length > max_line_;
        if (too_long)
            line.clear();
        else
            line.append(rest.substr(0, length));
        if (ends) return finish_line(too_long);
    }
}

std::string LoadInput::digest() const {
    crypto_generichash_state state = lines_;
    std::array<unsigned char, kDigestBytes> bytes;
    crypto_generichash_final(&state, bytes.data(), bytes.size());
    std::array<char, 2 * kDigestBytes + 1> hex;
    sodium_bin2hex(hex.data(), hex.size(), bytes.data(), bytes.size());
    return hex.data();
}

}  // namespace redirector
