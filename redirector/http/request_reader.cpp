#include "redirector/http/request_reader.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/beast/http/basic_parser.hpp>
#include <boost/beast/http/error.hpp>

#include <algorithm>
#include <cstring>
#include <optional>
#include <string>

namespace redirector::http {

namespace {

namespace beast = boost::beast;
using Error = beast::http::error;
using beast::error_code;

std::string_view view(beast::string_view text) {
    return {text.data(), text.size()};
}

// Hands what Beast parses to RequestHead, and refuses what Beast lets pass.
class Parser final : public beast::http::basic_parser<true> {
  public:
    Parser(const Limits& limits, RequestHead& head, std::string& body)
        : limits_(limits), head_(head), body_(body) {
        // The reader bounds the head itself, the same however the bytes are cut: Beast's own limit
        // begins anew with each piece. The body's limit is known once the head is.
        header_limit(static_cast<std::uint32_t>(limits.buffer));
        body_limit(boost::none);
    }

    const Refusal& refusal() const { return refusal_; }

  private:
    void on_request_impl(beast::http::verb verb,
                         beast::string_view,
                         beast::string_view target,
                         int version,
                         error_code& error) override {
        const std::optional<Method> method = method_of(verb);
        if (!method) return check({501, "The request method is not implemented."}, error);
        check(head_.request_line(*method, view(target), version == 10), error);
    }

    void on_field_impl(beast::http::field,
                       beast::string_view name,
                       beast::string_view value,
                       error_code& error) override {
        if (in_trailer_) return check(skip_trailer(name.size() + value.size()), error);
        if (is_folded(name, value)) return check({400, "A header field is folded."}, error);
        check(head_.field(view(name), view(value)), error);
    }

    void on_header_impl(error_code& error) override {
        in_trailer_ = true;
        check(head_.end(), error);
    }

    void on_body_init_impl(const boost::optional<std::uint64_t>&, error_code&) override {}

    std::size_t on_body_impl(beast::string_view bytes, error_code&) override {
        body_.append(bytes.data(), bytes.size());
        return bytes.size();
    }

    void on_chunk_header_impl(std::uint64_t,
                              beast::string_view extensions,
                              error_code& error) override {
        extension_bytes_ += extensions.size();
        if (extension_bytes_ > limits_.chunk_extensions) {
            check({400, "The chunk extensions are too long."}, error);
        }
    }

    std::size_t on_chunk_body_impl(std::uint64_t,
                                   beast::string_view bytes,
                                   error_code& error) override {
        return on_body_impl(bytes, error);
    }

    void on_finish_impl(error_code&) override {}
    void on_response_impl(int, beast::string_view, int, error_code&) override {}

    // CONNECT counts as unknown: it asks for a proxy, and no resource here could be its target.
    static std::optional<Method> method_of(beast::http::verb verb) {
        switch (verb) {
            case beast::http::verb::get:
                return Method::get;
            case beast::http::verb::head:
                return Method::head;
            case beast::http::verb::post:
                return Method::post;
            case beast::http::verb::put:
                return Method::put;
            case beast::http::verb::delete_:
                return Method::delete_;
            case beast::http::verb::options:
                return Method::options;
            case beast::http::verb::connect:
            case beast::http::verb::unknown:
                return std::nullopt;
            default:
                return Method::other;
        }
    }

    // Beast joins a folded value (RFC 9112 5.2) in memory of its own, or, where the first line of
    // it is blank, leaves a line end between name and value.
    bool is_folded(beast::string_view name, beast::string_view value) const {
        if (!head_.owns(view(value))) return true;
        const char* const colon = name.data() + name.size();
        return std::memchr(colon, '\n', static_cast<std::size_t>(value.data() - colon)) != nullptr;
    }

    // Trailers are read over: what a field means is settled by the head alone (RFC 9110 6.5.1).
    Refusal skip_trailer(std::size_t bytes) {
        trailer_bytes_ += bytes;
        if (++trailers_ > limits_.fields || trailer_bytes_ > limits_.head) {
            return {431, "The trailer is too large."};
        }
        return {};
    }

    void check(const Refusal& refusal, error_code& error) {
        if (refusal.status == 0) return;
        refusal_ = refusal;
        error = Error::bad_value;
    }

    const Limits& limits_;
    RequestHead& head_;
    std::string& body_;
    Refusal refusal_;
    std::size_t extension_bytes_ = 0;
    std::size_t trailer_bytes_ = 0;
    std::size_t trailers_ = 0;
    bool in_trailer_ = false;
};

// RFC 9112 2.3: "HTTP/" DIGIT "." DIGIT is a version, which may be one that we do not speak;
// anything else at the end of the line is no version at all.
Refusal refusal_of_version(std::string_view head) {
    const std::string_view line = head.substr(0, head.find("\r\n"));
    const std::size_t target = line.find(' ') + 1;
    const std::string_view version = line.substr(line.find(' ', target) + 1);
    const auto digit = [](char c) { return c >= '0' && c <= '9'; };
    const bool well_formed = version.size() == 8 && version.substr(0, 5) == "HTTP/" &&
                             digit(version[5]) && version[6] == '.' && digit(version[7]);
    if (well_formed) return {505, "The HTTP versions known are 1.0 and 1.1."};
    return {400, "The request line is malformed."};
}

Refusal refusal_of(const error_code& error, std::string_view head) {
    if (error == Error::bad_version) return refusal_of_version(head);
    if (error == Error::bad_method || error == Error::bad_target) {
        return {400, "The request line is malformed."};
    }
    if (error == Error::bad_content_length || error == Error::multiple_content_length) {
        return {400, "Content-Length is malformed or contradicted."};
    }
    if (error == Error::bad_transfer_encoding) {
        return {400, "Transfer-Encoding is malformed or contradicted."};
    }
    if (error == Error::bad_chunk || error == Error::bad_chunk_extension) {
        return {400, "The chunked body is malformed."};
    }
    if (error == Error::body_limit) return {413, "The request body is too large."};
    return {400, "A header field is malformed."};
}

// Whether a quoted-string (RFC 9110 5.6.4) begins in the line and does not end in it: Beast would
// go on to look for its end in the lines behind.
bool has_open_quote(std::string_view line) {
    bool open = false;
    for (std::size_t at = 0; at < line.size(); ++at) {
        if (open && line[at] == '\\') {
            ++at;
        } else if (line[at] == '"') {
            open = !open;
        }
    }
    return open;
}

constexpr std::size_t kBodyKept = 64 * 1024;  // capacity that a body may leave behind

}  // namespace

struct RequestReader::State {
    explicit State(const Limits& all)
        : limits(all),
          buffer(std::make_unique_for_overwrite<char[]>(all.buffer)),
          head(all, {buffer.get(), all.buffer}) {}

    enum class Phase { head, body_announced, body, complete, refused };

    Step refuse(const Refusal& why) {
        refusal = why;
        phase = Phase::refused;
        return Step::refused;
    }
    Step read_head();
    Step need_more_head();
    Step head_incomplete(std::string_view seen);
    Step read_body();
    Step body_incomplete();
    void move_to(std::size_t target, std::size_t from);

    const Limits& limits;
    std::unique_ptr<char[]> buffer;
    RequestHead head;
    std::string body;
    std::optional<Parser> parser;
    Phase phase = Phase::head;
    Refusal refusal;
    std::size_t start = 0;     // of the current request
    std::size_t parsed = 0;    // up to here it is parsed
    std::size_t end = 0;       // of what has arrived
    std::size_t looked = 0;    // `end` when an incomplete head was looked at last
    std::size_t head_end = 0;  // where the body's bytes may go
    bool blank_line_skipped = false;
};

// Moves what has arrived from `from` on to `target`.
void RequestReader::State::move_to(std::size_t target, std::size_t from) {
    if (from != target && from != end) {
        std::memmove(buffer.get() + target, buffer.get() + from, end - from);
    }
    end = target + (end - from);
}

RequestReader::Step RequestReader::State::read_head() {
    // RFC 9112 2.2: one empty line before a request is skipped.
    constexpr std::string_view kLineEnd = "\r\n";
    const std::string_view arrived(buffer.get() + start, end - start);
    if (!blank_line_skipped && arrived.substr(0, 2) == kLineEnd.substr(0, arrived.size())) {
        if (arrived.size() < 2) return need_more_head();
        start += 2;
        blank_line_skipped = true;
    }
    if (start == end) return need_more_head();
    const std::size_t size = std::min(end - start, limits.head);
    const char* const first = buffer.get() + start;
    const bool new_line =
        std::memchr(buffer.get() + looked, '\n', end - looked) != nullptr || looked <= start;
    if (!new_line && size < limits.head) return need_more_head();
    // An incomplete head is parsed anew, once per line that arrives: bounded work, the same answer
    // however the bytes are cut, and no view that a move of the buffer could break.
    head.clear();
    parser.emplace(limits, head, body);
    error_code error;
    const std::size_t used = parser->put(boost::asio::const_buffer(first, size), error);
    // Which version it is that we do not know can be said once the line is there.
    const bool half_a_line =
        error == Error::bad_version && std::memchr(first, '\n', size) == nullptr;
    if (error == Error::need_more || half_a_line) return head_incomplete({first, size});
    if (error) {
        const Refusal& own = parser->refusal();
        return refuse(own.status != 0 ? own : refusal_of(error, {first, size}));
    }
    parsed = head_end = start + used;
    phase = parser->is_done() ? Phase::complete : Phase::body_announced;
    return parser->is_done() ? Step::complete : Step::body;
}

RequestReader::Step RequestReader::State::head_incomplete(std::string_view seen) {
    if (seen.size() >= limits.head) {
        if (seen.find('\n') == seen.npos) return refuse({414, "The request line is too long."});
        return refuse({431, "The request header is too large."});
    }
    return need_more_head();
}

// Once at the front of the buffer, a head has all the room that its limit allows.
RequestReader::Step RequestReader::State::need_more_head() {
    move_to(0, start);
    start = 0;
    looked = end;
    return Step::need_more;
}

RequestReader::Step RequestReader::State::read_body() {
    // However a chunked body goes on, five bytes are still to come ("0", two line ends): Beast
    // asserts that they are there when the last chunk was cut before its trailer.
    const std::size_t least = parser->chunked() ? 5 : 1;
    if (end - parsed < least) return body_incomplete();
    error_code error;
    parsed += parser->put(boost::asio::const_buffer(buffer.get() + parsed, end - parsed), error);
    if (error && error != Error::need_more) {
        const Refusal& own = parser->refusal();
        return refuse(own.status != 0 ? own : refusal_of(error, {}));
    }
    if (!parser->is_done()) return body_incomplete();
    head.request.body = body;
    phase = Phase::complete;
    return Step::complete;
}

// What is left unparsed is a part of a chunk's line, or of the trailer.
RequestReader::Step RequestReader::State::body_incomplete() {
    move_to(head_end, parsed);
    parsed = head_end;
    const std::string_view left(buffer.get() + parsed, end - parsed);
    // The line end of the chunk before it may stand first.
    const std::size_t line_end = left.find("\r\n", 1);
    const bool whole_line = line_end != left.npos;
    if (whole_line && has_open_quote(left.substr(0, line_end))) {
        return refuse({400, "The chunked body is malformed."});
    }
    if (left.size() < limits.buffer - limits.head) return Step::need_more;
    if (!whole_line) return refuse({400, "A chunk's line is too long."});
    return refuse({431, "The trailer is too large."});
}

RequestReader::RequestReader(const Limits& limits) : state_(std::make_unique<State>(limits)) {}
RequestReader::~RequestReader() = default;

std::span<char> RequestReader::room() {
    return {state_->buffer.get() + state_->end, state_->limits.buffer - state_->end};
}

void RequestReader::commit(std::size_t bytes) {
    state_->end += bytes;
}

RequestReader::Step RequestReader::next() {
    using Phase = State::Phase;
    switch (state_->phase) {
        case Phase::head:
            return state_->read_head();
        case Phase::body_announced:
            return Step::body;
        case Phase::body:
            return state_->read_body();
        case Phase::complete:
            return Step::complete;
        case Phase::refused:
            break;
    }
    return Step::refused;
}

const Request& RequestReader::request() const {
    return state_->head.request;
}

void RequestReader::set_peer(const IpAddress& peer) {
    state_->head.request.peer = peer;
}

bool RequestReader::take_body(std::size_t limit) {
    const auto promised = state_->parser->content_length();
    if (promised && *promised > limit) {
        state_->refuse({413, "The request body is too large."});
        return false;
    }
    state_->parser->body_limit(limit);
    state_->parser->eager(true);
    if (promised) state_->body.reserve(std::min<std::size_t>(*promised, kBodyKept));
    state_->phase = State::Phase::body;
    return true;
}

bool RequestReader::wants_continue() const {
    return state_->head.wants_continue();
}

void RequestReader::leave_body() {
    state_->phase = State::Phase::complete;
}

bool RequestReader::keep_alive() const {
    return state_->parser->keep_alive();
}

bool RequestReader::http_1_0() const {
    return state_->head.http_1_0();
}

Refusal RequestReader::refusal() const {
    return state_->refusal;
}

void RequestReader::pop() {
    state_->start = state_->parsed;
    state_->looked = state_->start;
    state_->phase = State::Phase::head;
    state_->blank_line_skipped = false;
    state_->body.clear();
    if (state_->body.capacity() > kBodyKept) state_->body.shrink_to_fit();
}

std::string_view RequestReader::unread() const {
    const bool in_request = state_->phase != State::Phase::head;
    const std::size_t from = in_request ? state_->parsed : state_->start;
    return {state_->buffer.get() + from, state_->end - from};
}

void RequestReader::drop(std::size_t bytes) {
    state_->start += bytes;
}

std::span<char> RequestReader::scratch() {
    return {state_->buffer.get(), state_->limits.buffer};
}

bool RequestReader::between_requests() const {
    return state_->phase == State::Phase::head && state_->start == state_->end;
}

bool RequestReader::reading_body() const {
    return state_->phase == State::Phase::body;
}

}  // namespace redirector::http
