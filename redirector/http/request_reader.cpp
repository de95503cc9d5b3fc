#include "redirector/http/request_reader.hpp"

#include "redirector/http/request_parser.hpp"

#include <algorithm>
#include <cstring>
#include <optional>
#include <string>

namespace redirector::http {

namespace {

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

constexpr std::size_t kBodyKept = 65'536;  // capacity that a body may leave behind

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
    std::optional<RequestParser> parser;
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
    constexpr std::string_view line_end = "\r\n";
    const std::string_view arrived(buffer.get() + start, end - start);
    if (!blank_line_skipped && arrived.substr(0, 2) == line_end.substr(0, arrived.size())) {
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
    parser.emplace(limits, head, body);
    const RequestParser::Parsed result = parser->parse_head({first, size});
    if (result.need_more) return head_incomplete({first, size});
    if (result.refusal.status != 0) return refuse(result.refusal);
    parsed = head_end = start + result.bytes;
    phase = parser->is_done() ? Phase::complete : Phase::body_announced;
    return parser->is_done() ? Step::complete : Step::body;
}

RequestReader::Step RequestReader::State::head_incomplete(std::string_view seen) {
    if (seen.size() >= limits.head) {
        if (seen.find('\n') == seen.npos) return refuse({414, "The request line is too long."});
        return refuse({431, "The request header is too large."});
    }
    head.clear();
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
    const RequestParser::Parsed result = parser->parse_body({buffer.get() + parsed, end - parsed});
    parsed += result.bytes;
    if (result.refusal.status != 0) return refuse(result.refusal);
    if (result.need_more) return body_incomplete();
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
    const std::uint64_t promised = state_->head.content_length();
    if (promised > limit) {
        state_->refuse({413, "The request body is too large."});
        return false;
    }
    state_->parser->begin_body(limit);
    state_->body.reserve(std::min<std::size_t>(promised, kBodyKept));
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
    state_->head.clear();
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
