#include "redirector/store/redis_protocol.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

namespace redirector::store {
namespace {

// '*' or '$', a number, CR LF.
void append_header(std::string& out, char kind, std::size_t count) {
    char digits[24];
    digits[0] = kind;
    char* end = std::to_chars(digits + 1, digits + sizeof digits - 2, count).ptr;
    *end++ = '\r';
    *end++ = '\n';
    out.append(digits, static_cast<std::size_t>(end - digits));
}

}  // namespace

void append_command(std::string& out, const Command& command) {
    append_header(out, '*', command.size());
    for (const std::string& part : command) {
        append_header(out, '$', part.size());
        out += part;
        out += "\r\n";
    }
}

std::size_t encoded_size_bound(const std::vector<Command>& batch) noexcept {
    constexpr std::size_t kHeader = 23;  // kind, at most 20 digits, CR LF
    std::size_t bytes = 0;
    for (const Command& command : batch) {
        bytes += kHeader;
        for (const std::string& part : command)
            bytes += kHeader + part.size() + 2;
    }
    return bytes;
}

RedisProtocol::RedisProtocol(ReplyLimits limits, bool subscriber)
    : limits_(limits), subscriber_(subscriber), reader_(limits) {}

void RedisProtocol::push(const std::vector<Command>& batch, TimePoint expires, Handler handler) {
    for (const Command& command : batch)
        append_command(output_, command);
    in_flight_ += batch.size();
    Pending& pending =
        pending_.emplace_back(Pending{batch.size(), expires, std::move(handler), {}});
    pending.replies.reserve(batch.size());
}

std::string RedisProtocol::take_output() {
    return std::exchange(output_, {});
}

bool RedisProtocol::is_message(const RedisReply& reply) const {
    if (!subscriber_ || reply.type != RedisReply::Type::array || reply.elements.empty())
        return false;
    const std::string& kind = reply.elements.front().text;
    return kind == "message" || kind == "pmessage";
}

boost::system::error_code RedisProtocol::feed(std::string_view bytes,
                                              std::vector<Finished>& finished,
                                              std::vector<RedisReply>& messages) {
    std::vector<RedisReply> replies;
    boost::system::error_code error = reader_.feed(bytes, replies);
    for (RedisReply& reply : replies) {
        if (is_message(reply)) {
            messages.push_back(std::move(reply));
            continue;
        }
        if (pending_.empty()) return RedisError::protocol;  // an answer that nothing asked for
        Pending& pending = pending_.front();
        pending.replies.push_back(std::move(reply));
        --in_flight_;
        if (pending.replies.size() < pending.expected) continue;
        finished.push_back({std::move(pending.handler), {}, std::move(pending.replies)});
        pending_.pop_front();
    }
    return error;
}

std::vector<RedisProtocol::Finished> RedisProtocol::fail_all(boost::system::error_code error,
                                                             TimePoint now) {
    std::vector<Finished> failed;
    failed.reserve(pending_.size());
    for (Pending& pending : pending_) {
        const bool innocent = error == RedisError::deadline && pending.expires > now;
        failed.push_back({std::move(pending.handler),
                          innocent ? make_error_code(RedisError::disconnected) : error,
                          {}});
    }
    pending_.clear();
    in_flight_ = 0;
    output_.clear();
    reader_ = ReplyReader(limits_);
    return failed;
}

RedisProtocol::TimePoint RedisProtocol::earliest_deadline() const noexcept {
    TimePoint earliest = TimePoint::max();
    for (const Pending& pending : pending_)
        earliest = std::min(earliest, pending.expires);
    return earliest;
}

}  // namespace redirector::store
