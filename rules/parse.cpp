#include "rules/parse.hpp"

#include "rules/utf8.hpp"

#include <string>
#include <utility>

namespace rules {

namespace {

bool is_blank(char c) {
    return c == ' ' || c == '\t';
}
bool contains(std::string_view set, char c) {
    return set.find(c) != std::string_view::npos;
}

// A backslash goes before what would otherwise be an operator, in messages as in filters.
std::string escaped(char c) {
    return std::string("write \\") + c + " for the character itself";
}

// Recursive descent, one function per grammar rule. Each returns false once problem_ is set.
class Parser {
  public:
    explicit Parser(std::string_view text) : text_(text) {}

    boost::system::result<Filter, Problem> run() {
        if (text_.size() > kMaxMatchBytes) {
            fail(ProblemKind::limit, kMaxMatchBytes, "a match is at most 4096 bytes long");
            return std::move(problem_);
        }
        skip_blanks();
        if (at_ == text_.size()) return Filter{};
        Node root;
        if (!parse_any(root, 0)) return std::move(problem_);
        if (at_ != text_.size()) {
            if (peek() == ')') {
                fail(ProblemKind::syntax, at_, "')' without '('", escaped(')'));
            } else {
                fail(ProblemKind::syntax, at_, "expected '&' or '|' here");
            }
            return std::move(problem_);
        }
        return Filter{std::move(predicates_), std::move(root)};
    }

  private:
    char peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }

    void skip_blanks() {
        while (at_ < text_.size() && is_blank(text_[at_]))
            ++at_;
    }

    bool fail(ProblemKind kind, std::size_t offset, std::string message, std::string hint = {}) {
        problem_ = Problem{
            kind, Severity::error, 0, Member::match, offset, std::move(message), std::move(hint)};
        return false;
    }

    // or = and { "|" and }, and = prim { "&" prim }: the same shape, one level apart.
    bool parse_any(Node& node, std::size_t depth) {
        return parse_series(node, Node::Kind::any, '|', depth);
    }

    bool parse_series(Node& node, Node::Kind kind, char separator, std::size_t depth) {
        const auto parse_one = [&](Node& child) {
            return kind == Node::Kind::any ? parse_series(child, Node::Kind::all, '&', depth)
                                           : parse_primary(child, depth);
        };
        Node first;
        if (!parse_one(first)) return false;
        skip_blanks();
        if (peek() != separator) {
            node = std::move(first);
            return true;
        }
        node.kind = kind;
        node.children.push_back(std::move(first));
        while (peek() == separator) {
            const std::size_t where = at_++;
            if (peek() == separator) {
                return fail(ProblemKind::syntax, at_, "a predicate is missing here",
                            std::string("write one ") + separator);
            }
            skip_blanks();
            if (at_ == text_.size()) {
                return fail(ProblemKind::syntax, where,
                            std::string("nothing follows '") + separator + "'");
            }
            if (!parse_one(node.children.emplace_back())) return false;
            skip_blanks();
        }
        return true;
    }

    bool parse_primary(Node& node, std::size_t depth) {
        skip_blanks();
        if (peek() != '(') return parse_predicate(node);
        const std::size_t open = at_;
        if (depth == kMaxNesting) {
            return fail(ProblemKind::limit, open, "parentheses nest at most 16 deep");
        }
        ++at_;
        if (!parse_any(node, depth + 1)) return false;
        skip_blanks();
        if (peek() != ')') {
            if (at_ == text_.size()) {
                return fail(ProblemKind::syntax, open, "'(' is never closed");
            }
            return fail(ProblemKind::syntax, at_, "expected '&', '|' or ')' here");
        }
        ++at_;
        return true;
    }

    bool parse_predicate(Node& node) {
        if (predicates_.size() == kMaxPredicates) {
            return fail(ProblemKind::limit, at_, "a match has at most 128 predicates");
        }
        Predicate predicate;
        predicate.begin = position();
        if (!parse_word(predicate.field, nullptr)) return false;
        if (predicate.field.empty()) return fail_missing_field();
        predicate.op_offset = position();
        if (!parse_operator(predicate.op)) return false;
        if (!parse_values(predicate)) return false;
        node.kind = Node::Kind::predicate;
        node.predicate = static_cast<std::uint32_t>(predicates_.size());
        predicates_.push_back(std::move(predicate));
        return true;
    }

    bool fail_missing_field() {
        if (at_ == text_.size()) {
            return fail(ProblemKind::syntax, at_, "a field name is missing at the end");
        }
        return fail(ProblemKind::syntax, at_,
                    std::string("expected a field name before '") + peek() + "'", escaped(peek()));
    }

    bool parse_operator(Op& op) {
        if (at_ == text_.size()) {
            return fail(ProblemKind::syntax, at_, "an operator must follow the field name",
                        "write <field>=* to ask whether the field has a value");
        }
        if (peek() == '~') {
            return fail(ProblemKind::syntax, at_, "'~' (like) is not available in rules",
                        "a trailing * matches a prefix, as in thng.name=examp*");
        }
        const Operator* found = nullptr;
        for (const Operator& candidate : operators()) {
            if (text_.substr(at_).starts_with(candidate.text) &&
                (found == nullptr || candidate.text.size() > found->text.size())) {
                found = &candidate;
            }
        }
        if (found == nullptr) {
            return fail(ProblemKind::syntax, at_,
                        std::string("expected an operator before '") + peek() + "'",
                        peek() == '!' ? "write != for unequal" : escaped(peek()));
        }
        at_ += found->text.size();
        op = found->op;
        return true;
    }

    bool parse_values(Predicate& predicate) {
        const Operator& op = operator_of(predicate.op);
        while (true) {
            skip_blanks();
            Operand operand;
            operand.offset = position();
            bool wildcard = false;
            if (!parse_word(operand.text, &wildcard)) return false;
            operand.wildcard = wildcard;
            if (wildcard && !op.wildcard) {
                return fail(ProblemKind::syntax, wildcard_at_, "'*' goes with '=' only",
                            escaped('*'));
            }
            if (operand.text.empty() && !wildcard) return fail_missing_value();
            predicate.operands.push_back(std::move(operand));
            predicate.end = position();
            if (peek() != ',') return check_value_end();
            if (op.ordering) {
                return fail(ProblemKind::syntax, at_, "a list goes with '=' and '!=' only",
                            escaped(','));
            }
            if (predicate.operands.size() == kMaxListValues) {
                return fail(ProblemKind::limit, at_, "a list has at most 256 values");
            }
            ++at_;
        }
    }

    bool fail_missing_value() {
        const char c = peek();
        if (c == '\0' || c == ',' || c == '&' || c == '|' || c == ')') {
            return fail(ProblemKind::syntax, at_, "a value is missing here");
        }
        return check_value_end();
    }

    bool check_value_end() {
        const char c = peek();
        if (at_ == text_.size() || c == '&' || c == '|' || c == ')') return true;
        return fail(ProblemKind::syntax, at_,
                    std::string("'") + c + "' cannot be part of a value as it is", escaped(c));
    }

    // Reads up to a reserved character. Blanks at the edges are dropped, escaped ones kept. With
    // `wildcard` the word is a value, whose last character may be a "*"; in a field it is ordinary.
    bool parse_word(std::string& word, bool* wildcard) {
        std::size_t kept = 0;
        while (at_ < text_.size() && !contains(kReserved, text_[at_])) {
            if (wildcard != nullptr && text_[at_] == '*') return parse_wildcard(word, *wildcard);
            const bool blank = is_blank(text_[at_]);
            if (!parse_character(word)) return false;
            if (!blank) kept = word.size();
        }
        word.resize(kept);
        return true;
    }

    bool parse_wildcard(std::string& word, bool& wildcard) {
        wildcard_at_ = at_++;
        wildcard = true;
        skip_blanks();
        const char c = peek();
        if (at_ == text_.size() || c == ',' || c == '&' || c == '|' || c == ')') return true;
        word.clear();
        return fail(ProblemKind::syntax, wildcard_at_, "'*' can only be the end of a value",
                    escaped('*'));
    }

    bool parse_character(std::string& word) {
        const char c = text_[at_];
        if (c == '\\') return parse_escape(word);
        if (is_blank(c)) {
            word += c;
            ++at_;
            return true;
        }
        const std::size_t length = utf8_length(text_, at_);
        if (length == 0) return fail(ProblemKind::syntax, at_, "this is not UTF-8");
        if (is_control(text_, at_)) {
            return fail(ProblemKind::syntax, at_, "a control character is not allowed");
        }
        word.append(text_, at_, length);
        at_ += length;
        return true;
    }

    bool parse_escape(std::string& word) {
        if (at_ + 1 == text_.size()) {
            return fail(ProblemKind::syntax, at_, "a backslash at the end escapes nothing",
                        "write \\\\ for a backslash");
        }
        const char next = text_[at_ + 1];
        if (contains(kEscapable, next)) {
            word += next;
            at_ += 2;
        } else {
            word += '\\';
            ++at_;
        }
        return true;
    }

    std::uint32_t position() const { return static_cast<std::uint32_t>(at_); }

    std::string_view text_;
    std::size_t at_ = 0;
    std::size_t wildcard_at_ = 0;
    std::vector<Predicate> predicates_;
    Problem problem_;
};

}  // namespace

boost::system::result<Filter, Problem> parse(std::string_view text) {
    return Parser(text).run();
}

}  // namespace rules
