#include "redirector/scan/batch.hpp"

#include "redirector/scan/stream.hpp"

#include <utility>

namespace redirector::scan {

const std::string_view kShipScript =
    R"(local found = redis.call('HGET', KEYS[3], ARGV[1]) or ''
if found ~= ARGV[2] then return found end
local last = 4 + 2 * tonumber(ARGV[4])
local ids, hits = {}, {}
for i = 5, last, 2 do ids[#ids + 1] = ARGV[i] end
local before = redis.call('HMGET', KEYS[2], unpack(ids))
for i, id in ipairs(ids) do
  hits[2 * i - 1] = id
  hits[2 * i] = string.format('%.0f', tonumber(before[i] or '0') + tonumber(ARGV[2 * i + 4]))
end
for i = last + 1, #ARGV do redis.call('XADD', KEYS[1], '*', 'r', ARGV[i]) end
redis.call('HSET', KEYS[2], unpack(hits))
redis.call('HSET', KEYS[3], ARGV[1], ARGV[3])
return '+')";

const std::string_view kShipScriptSha1 = "6e530c83648b38bbf671ff2751f5d68ee094da86";

const std::string_view kClaimScript =
    R"(local epoch = ARGV[1]
local claimed = redis.call('GET', KEYS[1])
if claimed then
  local last, incarnation = string.match(claimed, '^(%d+) (%d+)$')
  if incarnation == ARGV[2] then return last end
  if tonumber(last) >= tonumber(epoch) then epoch = string.format('%.0f', tonumber(last) + 1) end
end
redis.call('SET', KEYS[1], epoch .. ' ' .. ARGV[2])
return epoch)";

std::string to_text(Mark mark) {
    if (mark == Mark{}) return {};
    return to_string(StreamId{mark.epoch, mark.seq});
}

std::optional<Mark> parse_mark(std::string_view text) {
    if (text.empty()) return Mark{};
    const auto numbers = parse_stream_id(text);
    if (!numbers) return std::nullopt;
    return Mark{numbers->ms, numbers->seq};
}

Batch::Batch(const Partition& partition, std::string_view field, Mark expected)
    : keys_{stream_key(partition), hits_key(partition), marks_key(partition)},
      field_(field),
      expected_(to_text(expected)),
      upto_(expected) {}

void Batch::add(std::string_view short_id,
                std::span<const std::uint8_t> record,
                Mark mark,
                std::size_t per_entry,
                bool counts) {
    if (const auto found = hits_.find(short_id); found != hits_.end()) {
        found->second += counts;
    } else {
        hits_.emplace(short_id, counts);
    }
    if (entries_.empty() || in_last_ == per_entry) {
        entries_.emplace_back();
        in_last_ = 0;
    }
    pack(entries_.back(), record);
    ++in_last_;
    ++records_;
    bytes_ += record.size();
    upto_ = mark;
}

Command Batch::command(bool with_text) {
    upto_text_ = to_text(upto_);
    numbers_.clear();
    numbers_.push_back(std::to_string(hits_.size()));
    for (const auto& [id, hits] : hits_)
        numbers_.push_back(std::to_string(hits));
    Command command{keys_[2], {}};
    command.words.reserve(10 + 2 * hits_.size() + entries_.size());
    command.words = {with_text ? "EVAL" : "EVALSHA",
                     with_text ? kShipScript : kShipScriptSha1,
                     "3",
                     keys_[0],
                     keys_[1],
                     keys_[2],
                     field_,
                     expected_,
                     upto_text_,
                     numbers_[0]};
    std::size_t at = 1;
    for (const auto& [id, hits] : hits_) {
        command.words.push_back(id);
        command.words.push_back(numbers_[at++]);
    }
    for (const std::string& entry : entries_)
        command.words.push_back(entry);
    return command;
}

}  // namespace redirector::scan
