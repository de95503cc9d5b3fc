#include "redirector/scan/batch.hpp"

#include "redirector/scan/index.hpp"
#include "redirector/scan/statistics.hpp"
#include "redirector/scan/stream.hpp"

#include <algorithm>
#include <utility>

namespace redirector::scan {

namespace {

constexpr std::string_view kShipBatch =
    R"(local found = redis.call('HGET', KEYS[3], ARGV[1]) or ''
if found ~= ARGV[2] then return found end
local function grown(old, more, most)
  local sum = cmsgpack.unpack(old)
  for name, count in pairs(cmsgpack.unpack(more)) do
    local kind = string.sub(name, 1, 1)
    if not sum[name] and (kind == 'c' or kind == 'r') then
      local named = 0
      for other in pairs(sum) do
        if string.sub(other, 1, 1) == kind then named = named + 1 end
      end
      if named >= most then name = kind .. '*' end
    end
    sum[name] = (sum[name] or 0) + count
  end
  return cmsgpack.pack(sum)
end
local n, most = tonumber(ARGV[4]), tonumber(ARGV[5])
local ids, hits = {}, {}
for i = 1, n do ids[i] = ARGV[4 + 2 * i] end
local before = redis.call('HMGET', KEYS[2], unpack(ids))
for i, id in ipairs(ids) do
  if before[i] ~= '-' then
    hits[#hits + 1] = id
    hits[#hits + 1] = string.format('%.0f', tonumber(before[i] or '0') + tonumber(ARGV[5 + 2 * i]))
  end
end
local at, days, last_day = 7 + 2 * n, {}, 3 + tonumber(ARGV[6 + 2 * n])
for k = 4, last_day do
  local size, names, set = tonumber(ARGV[at + 1]), {}, {}
  for i = 1, size do names[i] = ARGV[at + 2 * i] end
  local had = redis.call('HMGET', KEYS[k], unpack(names))
  for i, name in ipairs(names) do
    local more = ARGV[at + 1 + 2 * i]
    set[2 * i - 1] = name
    set[2 * i] = had[i] and grown(had[i], more, most) or more
  end
  days[k] = {set, ARGV[at]}
  at = at + 2 + 2 * size
end
add_entries(at + 1, tonumber(ARGV[at]))
if hits[1] then redis.call('HSET', KEYS[2], unpack(hits)) end
for k = 4, last_day do
  redis.call('HSET', KEYS[k], unpack(days[k][1]))
  redis.call('EXPIREAT', KEYS[k], days[k][2])
end
redis.call('HSET', KEYS[3], ARGV[1], ARGV[3])
return '+')";

}  // namespace

const std::string_view kShipScript = Joined<kAddEntries, kShipBatch>::kView;

const std::string_view kShipScriptSha1 = "e49042ee7139ebf02fdeb1c0f40bc296a3eba07d";

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

Batch::Batch(const Partition& partition,
             std::string_view field,
             Mark expected,
             unsigned statistics_days)
    : partition_(partition),
      statistics_days_(statistics_days),
      keys_{stream_key(partition), hits_key(partition), marks_key(partition)},
      field_(field),
      expected_(to_text(expected)),
      upto_(expected) {}

void Batch::count(const Scan& scan, std::string_view device, bool hit) {
    auto known = ids_.find(scan.short_id);
    if (known == ids_.end()) {
        known = ids_.emplace(scan.short_id, ids_.size()).first;
        hits_.push_back(0);
    }
    hits_[known->second] += hit;
    if (hit && statistics_days_ > 0) growths_.add(scan, known->second, device);
}

void Batch::add(const Scan& scan,
                std::span<const std::uint8_t> record,
                Mark mark,
                std::size_t per_entry) {
    if (entries_.empty() || in_last_ == per_entry) {
        entries_.emplace_back();
        in_last_ = 0;
    }
    pack(entries_.back().value, record);
    for (const auto& [field, value] : indexes_of(scan)) {
        scratch_.assign(field).append(value);
        auto known = indexes_.find(scratch_);
        if (known == indexes_.end()) known = indexes_.emplace(scratch_, indexes_.size()).first;
        std::vector<std::size_t>& in = entries_.back().indexes;
        if (std::ranges::find(in, known->second) == in.end()) in.push_back(known->second);
    }
    ++in_last_;
    ++records_;
    bytes_ += record.size();
    upto_ = mark;
}

Command Batch::command(bool with_text) {
    words_.clear();
    statistics_keys_.clear();
    upto_text_ = to_text(upto_);
    const auto number = [this](std::uint64_t value) -> std::string_view {
        return words_.emplace_back(std::to_string(value));
    };
    for (const Growths::Day& day : growths_.days())
        statistics_keys_.push_back(statistics_key(partition_, day.day));
    std::vector<std::string_view> index_keys(indexes_.size());
    for (const auto& [index, place] : indexes_)
        index_keys[place] = words_.emplace_back(index_key(partition_, index));
    std::vector<std::string_view> ids(ids_.size());
    for (const auto& [id, place] : ids_)
        ids[place] = id;
    const std::size_t before_indexes = 3 + statistics_keys_.size();
    Command command{keys_[2], {}};
    command.words = {with_text ? "EVAL" : "EVALSHA", with_text ? kShipScript : kShipScriptSha1,
                     number(before_indexes + index_keys.size())};
    std::vector<std::string_view>& words = command.words;
    words.insert(words.end(), std::begin(keys_), std::end(keys_));
    words.insert(words.end(), statistics_keys_.begin(), statistics_keys_.end());
    words.insert(words.end(), index_keys.begin(), index_keys.end());
    words.insert(words.end(), {field_, expected_, upto_text_, number(ids.size())});
    words.push_back(number(kMaxNames));
    for (std::size_t i = 0; i < ids.size(); ++i) {
        words.push_back(ids[i]);
        words.push_back(number(hits_[i]));
    }
    words.push_back(number(statistics_keys_.size()));
    for (const Growths::Day& day : growths_.days()) {
        words.push_back(number((day.day + 1 + statistics_days_) * (kDayMs / 1000)));
        words.push_back(number(day.of_ids.size() + 1));
        const auto add = [&](std::string_view id, const Growths::Counts& counts) {
            words.push_back(id);
            words.push_back(words_.emplace_back(growths_.pack(counts)));
        };
        add("", day.total);
        for (const auto& [id, counts] : day.of_ids)
            add(ids[id], counts);
    }
    words.push_back(number(entries_.size()));
    for (const Entry& entry : entries_) {
        words.push_back(entry.value);
        words.push_back(number(entry.indexes.size()));
        for (const std::size_t place : entry.indexes)
            words.push_back(number(before_indexes + place + 1));  // as Lua counts
    }
    return command;
}

}  // namespace redirector::scan
