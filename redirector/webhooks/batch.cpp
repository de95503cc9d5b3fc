#include "redirector/webhooks/batch.hpp"

#include "redirector/action_export.hpp"
#include "redirector/api/action_document.hpp"
#include "redirector/api/action_lines.hpp"

#include <boost/json.hpp>

#include <algorithm>

namespace redirector::webhooks {
namespace {

namespace json = boost::json;

// Takes what is wanted of an entry, up to the end of the batch.
void take(const ActionExport::Entry& entry,
          const BatchQuery& query,
          facts::AgentFactsCache& agents,
          Batch& batch) {
    CursorPlace& place = batch.to[entry.bucket];
    const auto records = scan::unpack(entry.value);
    const unsigned count = records ? static_cast<unsigned>(records->size()) : 0;
    const bool begun = place.entry == entry.id && place.records != kWhole;
    unsigned index = begun ? place.records : 0;
    unsigned end = count;
    if (query.to && (*query.to)[entry.bucket].entry == entry.id)
        end = std::min(count, (*query.to)[entry.bucket].records);
    for (; index < end && batch.actions < kMostActions; ++index) {
        if ((*records)[index].empty()) continue;  // removed
        const auto scan = scan::decode((*records)[index]);
        if (!scan) continue;
        const bool wanted =
            query.types.empty() ||
            std::ranges::find(query.types, api::type_of(*scan)) != query.types.end();
        if (!wanted) continue;
        const scan::Position position{entry.bucket, entry.id, index};
        batch.body.append(batch.body.empty() ? "[" : ",");
        batch.body.append(json::serialize(api::action_document(position, *scan, true, agents)));
        if (++batch.actions == 1) batch.since_ms = entry.id.ms;
    }
    if (index == 0 && count > 0) return;  // no room for any of it
    place = {entry.id, index >= count ? kWhole : index};
}

}  // namespace

Awaitable<std::optional<Batch>> read_batch(store::RedisClient& redis,
                                           const BatchQuery& query,
                                           facts::AgentFactsCache& agents) {
    ExportPlace place;
    place.account = query.account;
    std::optional<ExportEnds> ends;
    if (query.to) ends.emplace();
    for (unsigned bucket = 0; bucket < scan::kBuckets; ++bucket) {
        place.last[bucket] = read_behind(query.from[bucket]);
        if (ends) (*ends)[bucket] = (*query.to)[bucket].entry;
    }
    ActionExport entries(redis, std::move(place), ends);
    std::optional<Batch> batch(std::in_place);
    batch->to = query.from;
    for (std::size_t read = 0; read < kMostEntries && batch->actions < kMostActions; ++read) {
        const auto entry = co_await entries.next();
        if (!entry) break;
        take(*entry, query, agents, *batch);
    }
    if (entries.failed()) {
        batch.reset();
        co_return batch;
    }
    if (query.to) batch->to = *query.to;
    if (batch->actions > 0) batch->body += ']';
    co_return batch;
}

}  // namespace redirector::webhooks
