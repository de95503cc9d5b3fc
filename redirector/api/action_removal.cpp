// DELETE of one action. Its entry in the stream may hold others: what is left of it moves out of the
// stream (scan/index.hpp), so that nothing of the removed one stays behind.
#include "redirector/api/action_document.hpp"
#include "redirector/api/action_index.hpp"
#include "redirector/api/action_reader.hpp"
#include "redirector/api/action_targets.hpp"
#include "redirector/api/actions.hpp"
#include "redirector/api/documents.hpp"
#include "redirector/scan/index.hpp"
#include "redirector/scan/partition.hpp"
#include "redirector/store/redis_client.hpp"

#include <boost/json.hpp>

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

namespace redirector::api {
namespace {

constexpr int kTries = 8;  // of a removal that others keep coming in between of

using Records = std::vector<std::span<const std::uint8_t>>;

std::vector<std::string> indexes_of_record(const scan::Position& position,
                                           std::span<const std::uint8_t> record) {
    const auto scan = record.empty() ? std::nullopt : scan::decode(record);
    if (!scan) return {};
    return indexes_of_action(action_fields(position, *scan));
}

// The entry without one of its records; empty when none is left.
std::string value_without(const Records& records, unsigned index) {
    std::string value;
    bool some = false;
    for (std::size_t i = 0; i < records.size(); ++i) {
        const auto record = i == index ? std::span<const std::uint8_t>() : records[i];
        scan::pack(value, record);
        some = some || !record.empty();
    }
    return some ? value : std::string();
}

store::Command removal(const std::string& account,
                       const scan::Position& position,
                       const std::string& value,
                       const Records& records) {
    const scan::Partition here{account, position.bucket};
    std::vector<std::string> leave = indexes_of_record(position, records[position.index]);
    for (std::size_t i = 0; i < records.size(); ++i) {
        if (i == position.index) continue;
        for (const std::string& kept : indexes_of_record(position, records[i]))
            std::erase(leave, kept);
    }
    store::Command command{"EVAL", std::string(scan::kRemoveScript),
                           std::to_string(2 + leave.size()), scan::stream_key(here),
                           scan::remains_key(here)};
    for (const std::string& index : leave)
        command.push_back(scan::index_key(here, index));
    command.push_back(scan::to_string(position.entry));
    command.push_back(scan::index_member(position.entry));
    command.push_back(value);
    command.push_back(value_without(records, position.index));
    return command;
}

enum class Removed : std::uint8_t { yes, absent, changed, store_down };

Awaitable<Removed> remove_at(Call& call, const scan::Position& position, const std::string& type) {
    const auto value = co_await read_entry(call.services.scan_redis, call.actor.account, position);
    if (!value) co_return Removed::store_down;
    const auto records = scan::unpack(*value);
    if (!records || position.index >= records->size()) co_return Removed::absent;
    const auto record = (*records)[position.index];
    const auto scan = record.empty() ? std::nullopt : scan::decode(record);
    if (!scan || !is_of_type(*scan, type)) co_return Removed::absent;
    store::Command command = removal(call.actor.account, position, *value, *records);
    const auto reply = co_await call.services.scan_redis.execute(std::move(command));
    if (!reply || reply->is_error()) co_return Removed::store_down;
    if (reply->integer != 1) co_return Removed::changed;
    const std::string_view before(reinterpret_cast<const char*>(record.data()), record.size());
    call.changes.push_back(note_change("action", action_path(call).id_of_action, before, ""));
    co_return Removed::yes;
}

}  // namespace

Awaitable<void> remove_action(Call& call) {
    const ActionPath path = action_path(call);
    const auto position = scan::parse_action_id(path.id_of_action);
    Removed removed = position ? Removed::changed : Removed::absent;
    for (int tries = 0; removed == Removed::changed && tries < kTries; ++tries)
        removed = co_await remove_at(call, *position, path.type);
    if (removed == Removed::absent) {
        refuse_action(call, path.id_of_action);
    } else if (removed != Removed::yes) {
        refuse_store(call);
    }
}

}  // namespace redirector::api
