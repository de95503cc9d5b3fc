#include "rules/template.hpp"

#include <algorithm>
#include <charconv>
#include <optional>
#include <utility>

namespace rules {

namespace {

bool is_alpha(char c) {
    return fold(c) >= 'a' && fold(c) <= 'z';
}
bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

int hex_digit(char c) {
    if (is_digit(c)) return c - '0';
    const char lower = fold(c);
    return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

// RFC 3986 section 2: what can stand for itself. Braces are placeholders', "%" and "#" are checked
// by the caller; "[", "]" and "|" are tolerated as browsers do.
bool is_legal_literal(char c) {
    constexpr std::string_view kIllegal = " <>\"^`\\";
    return c > 0x20 && c < 0x7F && kIllegal.find(c) == std::string_view::npos;
}

class TemplateParser {
  public:
    TemplateParser(std::string_view text,
                   const Scope& scope,
                   const UrlPolicy& policy,
                   std::vector<Problem>& problems)
        : text_(text), scope_(scope), policy_(policy), problems_(problems) {}

    TemplateSyntax run() {
        if (text_.size() > kMaxTemplateBytes) {
            fail(ProblemKind::limit, kMaxTemplateBytes,
                 "a URL template is at most 2048 bytes long");
            return {};
        }
        if (!parse_scheme() || !parse_authority()) return {};
        while (at_ < text_.size()) {
            if (!parse_one()) return {};
        }
        flush();
        return std::move(syntax_);
    }

  private:
    bool fail(ProblemKind kind, std::size_t offset, std::string message, std::string hint = {}) {
        problems_.push_back({kind, Severity::error, scope_.rule, Member::redirect_url, offset,
                             std::move(message), std::move(hint)});
        return false;
    }

    bool parse_scheme() {
        const std::size_t colon = text_.find(':');
        const std::string scheme = fold(text_.substr(0, std::min(colon, text_.size())));
        const bool allowed = scheme == "https" || scheme == "http" ||
                             std::find(policy_.app_schemes.begin(), policy_.app_schemes.end(),
                                       scheme) != policy_.app_schemes.end();
        if (colon == std::string_view::npos || !allowed) {
            return fail(ProblemKind::scheme, 0, "the URL must begin with https:// or http://");
        }
        at_ = colon + 1;
        if (!text_.substr(at_).starts_with("//")) {
            return fail(ProblemKind::scheme, at_, "\"//\" and a host must follow the scheme");
        }
        at_ += 2;
        return true;
    }

    // Stricter than RFC 3986 section 3.2.2: percent-encoded hosts are read differently by different
    // clients, so a host is letters, digits, "-", "." and "_", or an address in brackets.
    bool parse_authority() {
        const std::size_t begin = at_;
        const std::size_t end = std::min(text_.find_first_of("/?#", begin), text_.size());
        const std::string_view authority = text_.substr(begin, end - begin);
        if (const auto at = authority.find('@'); at != std::string_view::npos) {
            return fail(ProblemKind::syntax, begin + at,
                        "user information is not allowed in the URL");
        }
        if (const auto brace = find_brace(authority); brace != std::string_view::npos) {
            return fail(ProblemKind::syntax, begin + brace,
                        "a placeholder cannot be part of the host",
                        "placeholders go after the first / of the path");
        }
        const bool bracketed = authority.starts_with('[');
        const std::size_t host_end = bracketed ? authority.find(']') : authority.find(':');
        if (bracketed && host_end == std::string_view::npos) {
            return fail(ProblemKind::syntax, begin, "']' is missing after the address");
        }
        const std::size_t host_size =
            std::min(bracketed ? host_end + 1 : host_end, authority.size());
        if (!check_host(authority.substr(0, host_size), begin)) return false;
        if (!check_port(authority.substr(host_size), begin + host_size)) return false;
        at_ = end;
        if (policy_.short_domain.empty() || fold(authority) != policy_.short_domain) return true;
        return fail(ProblemKind::loop, begin, "the URL leads back to the short domain");
    }

    static std::size_t find_brace(std::string_view text) {
        for (std::size_t at = 0; at < text.size(); ++at) {
            if (brace_at(text, at, '{') != 0 || brace_at(text, at, '}') != 0) return at;
        }
        return std::string_view::npos;
    }

    bool check_host(std::string_view host, std::size_t offset) {
        if (host.empty()) return fail(ProblemKind::syntax, offset, "the host is missing");
        const bool bracketed = host.front() == '[';
        const std::string_view inner = bracketed ? host.substr(1, host.size() - 2) : host;
        for (std::size_t i = 0; i < inner.size(); ++i) {
            const char c = inner[i];
            const bool good = bracketed
                                  ? hex_digit(c) >= 0 || c == ':' || c == '.'
                                  : is_alpha(c) || is_digit(c) || c == '-' || c == '.' || c == '_';
            if (good) continue;
            return fail(ProblemKind::syntax, offset + i + (bracketed ? 1 : 0),
                        "this character cannot be part of a host",
                        "write international names in their xn-- form");
        }
        const bool only_dots = inner.find_first_not_of('.') == std::string_view::npos;
        return !only_dots || fail(ProblemKind::syntax, offset, "the host is missing");
    }

    bool check_port(std::string_view port, std::size_t offset) {
        if (port.empty()) return true;
        unsigned number = 0;
        const char* const end = port.data() + port.size();
        const bool colon = port.front() == ':';
        const auto parsed = std::from_chars(port.data() + 1, end, number);
        const bool empty = colon && port.size() == 1;
        if (empty || (colon && parsed.ec == std::errc() && parsed.ptr == end && number <= 65535)) {
            return true;
        }
        return fail(ProblemKind::syntax, offset, "this is not a port number");
    }

    // The length of the brace at `at`, written as itself or percent-encoded; 0 when there is none.
    static std::size_t brace_at(std::string_view text, std::size_t at, char brace) {
        if (text[at] == brace) return 1;
        if (text[at] != '%' || at + 2 >= text.size() || text[at + 1] != '7') return 0;
        return fold(text[at + 2]) == (brace == '{' ? 'b' : 'd') ? 3 : 0;
    }

    bool parse_one() {
        if (const std::size_t open = brace_at(text_, at_, '{'); open != 0) {
            return parse_placeholder(open);
        }
        if (brace_at(text_, at_, '}') != 0) {
            return fail(ProblemKind::syntax, at_, "'}' without '{'");
        }
        const char c = text_[at_];
        if (c == '#' && place_ == UrlPart::fragment) {
            return fail(ProblemKind::syntax, at_, "a URL has one '#' at most", "write %23");
        }
        if (c == '%' && !is_percent_encoded(text_, at_)) {
            return fail(ProblemKind::syntax, at_, "two hexadecimal digits must follow '%'",
                        "write %25");
        }
        if (!is_legal_literal(c)) {
            return fail(ProblemKind::syntax, at_, "this character must be percent-encoded",
                        c == ' ' ? "write %20" : "");
        }
        if (c == '#') enter(UrlPart::fragment);
        if (c == '?' && place_ == UrlPart::path) enter(UrlPart::query);
        ++at_;
        return true;
    }

    static bool is_percent_encoded(std::string_view text, std::size_t at) {
        return at + 2 < text.size() && hex_digit(text[at + 1]) >= 0 && hex_digit(text[at + 2]) >= 0;
    }

    void enter(UrlPart place) {
        flush();
        place_ = place;
    }

    // What lies between the last placeholder and here becomes a literal part.
    void flush() {
        if (literal_begin_ < at_) {
            TemplatePart part;
            part.place = place_;
            part.text = text_.substr(literal_begin_, at_ - literal_begin_);
            syntax_.parts.push_back(std::move(part));
        }
        literal_begin_ = at_;
    }

    bool parse_placeholder(std::size_t open) {
        const std::size_t begin = at_;
        std::size_t end = begin + open;
        std::string name;
        std::size_t close = 0;
        for (; end < text_.size(); ++end) {
            if (brace_at(text_, end, '{') != 0) {
                return fail(ProblemKind::syntax, end, "placeholders do not nest");
            }
            close = brace_at(text_, end, '}');
            if (close != 0) break;
            if (text_[end] != '%') {
                name += text_[end];
                continue;
            }
            if (!is_percent_encoded(text_, end)) {
                return fail(ProblemKind::syntax, end, "two hexadecimal digits must follow '%'");
            }
            name += static_cast<char>(hex_digit(text_[end + 1]) * 16 + hex_digit(text_[end + 2]));
            end += 2;
        }
        if (close == 0) return fail(ProblemKind::syntax, begin, "'{' is never closed");
        if (name.empty())
            return fail(ProblemKind::syntax, begin, "a field name is missing in '{}'");
        flush();
        at_ = end + close;
        literal_begin_ = at_;
        resolve(name, begin);
        return true;
    }

    // Fields win over constants of the same name; `constants.K` always means the constant.
    void resolve(const std::string& name, std::size_t offset) {
        TemplatePart part;
        part.place = place_;
        auto field = find_field(name);
        const bool is_constant = !field || field->field->name == kConstants;
        const auto constant =
            is_constant ? scope_.constants.find(field ? field->key : name) : scope_.constants.end();
        if (constant != scope_.constants.end()) {
            part.kind = TemplatePart::Kind::constant;
            append_encoded(part.text, constant->second, place_);
        } else if (is_constant) {
            syntax_.unknown_name = true;
            problems_.push_back(unknown_name(name, scope_, Member::redirect_url, offset));
            return;
        } else if (field->field->of_user && scope_.level == Level::account) {
            part.kind = TemplatePart::Kind::constant;
        } else {
            part.kind = TemplatePart::Kind::value;
            part.name = std::move(field->name);
            part.field = field->field;
        }
        syntax_.parts.push_back(std::move(part));
    }

    std::string_view text_;
    const Scope& scope_;
    const UrlPolicy& policy_;
    std::vector<Problem>& problems_;
    TemplateSyntax syntax_;
    std::size_t at_ = 0;
    UrlPart place_ = UrlPart::path;
    std::size_t literal_begin_ = 0;
};

}  // namespace

TemplateSyntax parse_template(std::string_view text,
                              const Scope& scope,
                              const UrlPolicy& policy,
                              std::vector<Problem>& problems) {
    return TemplateParser(text, scope, policy, problems).run();
}

}  // namespace rules
