// The hot half of rules/template.hpp: parts and a context become a URL.
#include "rules/number.hpp"
#include "rules/template.hpp"

#include <array>
#include <cstring>
#include <string>
#include <string_view>

namespace rules {

namespace {

using SafeBytes = std::array<bool, 256>;

// RFC 3986 section 2.3, "unreserved".
constexpr SafeBytes safe_bytes(bool slash) {
    SafeBytes safe{};
    for (int c = 0; c < 256; ++c) {
        const bool letter = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
        const bool other = (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_' || c == '~';
        safe[static_cast<std::size_t>(c)] = letter || other || (slash && c == '/');
    }
    return safe;
}

constexpr SafeBytes kSafeInPath = safe_bytes(true);
constexpr SafeBytes kSafeElsewhere = safe_bytes(false);

const SafeBytes& safe_in(UrlPart place) {
    return place == UrlPart::path ? kSafeInPath : kSafeElsewhere;
}

char* write_escape(char* at, unsigned char byte) {
    constexpr char kHex[] = "0123456789ABCDEF";
    at[0] = '%';
    at[1] = kHex[byte >> 4];
    at[2] = kHex[byte & 15];
    return at + 3;
}

// Browsers read "%2e" as a dot when they collapse segments (URL Standard, "dot path segment").
bool is_dot_segment(std::string_view segment) {
    int dots = 0;
    for (std::size_t at = 0; at < segment.size(); ++dots) {
        if (segment[at] == '.') {
            ++at;
        } else if (segment[at] == '%' && at + 2 < segment.size() && segment[at + 1] == '2' &&
                   (segment[at + 2] | 0x20) == 'e') {
            at += 3;
        } else {
            return false;
        }
        if (dots == 2) return false;
    }
    return dots > 0;
}

// A URL in the making, in a buffer of the largest size a URL may have.
class Renderer {
  public:
    Renderer(std::string_view store, const Context& context) : store_(store), context_(context) {}

    Rendered run(std::span<const StoredPart> parts) {
        for (const StoredPart& part : parts) {
            if (part.place != UrlPart::path && !finish_path()) return Rendered::dot_segment;
            if (!write(part)) return failure_;
        }
        return finish_path() ? Rendered::ok : Rendered::dot_segment;
    }

    [[nodiscard]] std::string_view url() const {
        return {buffer_, static_cast<std::size_t>(at_ - buffer_)};
    }

  private:
    bool write(const StoredPart& part) {
        const std::string_view text = store_.substr(part.begin, part.size);
        if (part.kind == TemplatePart::Kind::literal) return write_literal(text, part.place);
        if (part.place == UrlPart::path && first_value_ == nullptr) first_value_ = at_;
        if (part.kind == TemplatePart::Kind::constant) return copy(text);
        return write_value(part);
    }

    // The first slash of a literal ends the segments that values before it took part in.
    bool write_literal(std::string_view text, UrlPart place) {
        char* const begin = at_;
        if (!copy(text)) return false;
        if (place != UrlPart::path || first_value_ == nullptr) return true;
        const void* const slash = std::memchr(begin, '/', text.size());
        if (slash == nullptr || check_segments(static_cast<const char*>(slash))) return true;
        failure_ = Rendered::dot_segment;
        return false;
    }

    bool write_value(const StoredPart& part) {
        const Cell& cell = context_.cell(part.slot);
        if (cell.kind != Cell::Kind::list) return write_scalar(cell, part.place);
        bool first = true;
        for (const Cell& item : context_.items(cell)) {
            if (!first && !encode(",", part.place)) return false;
            if (!write_scalar(item, part.place)) return false;
            first = false;
        }
        return true;
    }

    bool write_scalar(const Cell& cell, UrlPart place) {
        switch (cell.kind) {
            case Cell::Kind::text:
                return encode(cell.view(), place);
            case Cell::Kind::boolean:
                return copy(cell.integer != 0 ? "true" : "false");
            case Cell::Kind::integer:
            case Cell::Kind::real: {
                std::array<char, 32> digits;
                const Number number{cell.integer, cell.real, cell.kind == Cell::Kind::integer};
                return encode(format_number(number, digits), place);
            }
            default:
                return true;
        }
    }

    bool copy(std::string_view text) {
        if (text.size() > room()) return too_long();
        std::memcpy(at_, text.data(), text.size());
        at_ += text.size();
        return true;
    }

    bool encode(std::string_view text, UrlPart place) {
        const SafeBytes& safe = safe_in(place);
        if (text.size() > room()) return too_long();
        // The slack behind the buffer takes the last escape; the check comes after the write.
        for (const char c : text) {
            const auto byte = static_cast<unsigned char>(c);
            if (safe[byte]) {
                *at_++ = c;
            } else {
                at_ = write_escape(at_, byte);
            }
            if (at_ > buffer_ + kMaxUrlBytes) return too_long();
        }
        return true;
    }

    // `end` is a slash or the end of the path. Looks at each segment that a value could have made.
    bool check_segments(const char* end) {
        const char* begin = first_value_;
        while (begin[-1] != '/')
            --begin;
        first_value_ = nullptr;
        while (begin <= end) {
            const auto* slash = static_cast<const char*>(
                std::memchr(begin, '/', static_cast<std::size_t>(end - begin)));
            const char* const segment_end = slash != nullptr ? slash : end;
            if (is_dot_segment({begin, static_cast<std::size_t>(segment_end - begin)}))
                return false;
            begin = segment_end + 1;
        }
        return true;
    }

    bool finish_path() { return first_value_ == nullptr || check_segments(at_); }

    bool too_long() {
        failure_ = Rendered::too_long;
        return false;
    }

    [[nodiscard]] std::size_t room() const {
        return kMaxUrlBytes - static_cast<std::size_t>(at_ - buffer_);
    }

    std::string_view store_;
    const Context& context_;
    Rendered failure_ = Rendered::too_long;
    const char* first_value_ = nullptr;  ///< start of the first unchecked value in the path
    char buffer_[kMaxUrlBytes + 4];
    char* at_ = buffer_;
};

}  // namespace

Rendered render(std::span<const StoredPart> parts,
                std::string_view store,
                const Context& context,
                std::string& out) {
    Renderer renderer(store, context);
    const Rendered outcome = renderer.run(parts);
    if (outcome == Rendered::ok) out.append(renderer.url());
    return outcome;
}

void append_encoded(std::string& out, std::string_view text, UrlPart place) {
    const SafeBytes& safe = safe_in(place);
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (safe[byte]) {
            out += c;
            continue;
        }
        char escape[3];
        write_escape(escape, byte);
        out.append(escape, sizeof escape);
    }
}

}  // namespace rules
