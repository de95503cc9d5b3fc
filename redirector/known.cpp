#include "redirector/known.hpp"

#include "redirector/store/keyspace.hpp"

#include <algorithm>

namespace redirector {

using store::LoadState;
using store::NearCache;

Known::Document Known::find(std::string_view key) {
    if (loaded_ == nullptr) return recall(key, false);
    const auto found = std::ranges::find(loaded_->keys, key);
    if (found == loaded_->keys.end()) return recall(key, false);
    const store::Loaded& loaded =
        loaded_->results[static_cast<std::size_t>(found - loaded_->keys.begin())];
    switch (loaded.state) {
        case LoadState::present:
            return {State::present, loaded.entry.get()};
        case LoadState::absent:
        case LoadState::corrupt:
            return {State::absent, nullptr};
        case LoadState::store_down:
            break;
    }
    return recall(key, true);
}

Known::ClosePlaces Known::close_to(const store::PlaceQuestion& point) {
    if (loaded_ == nullptr || loaded_->places_asked != point) {
        lacking_places_ = point;
        return {State::lacking, {}};
    }
    if (loaded_->places == nullptr) return {State::unreachable, {}};
    return {State::present, *loaded_->places};
}

// The store is down, and was when somebody had just changed the document: what it was before is
// better than no redirect. A key's change may have been its end.
Known::Document Known::last_resort(std::string_view key, const NearCache::Found& found) {
    if (found.superseded == nullptr || key.starts_with(store::keyspace::kApiKeyPrefix))
        return {State::unreachable, nullptr};
    guard_.served_stale();
    return {State::present, found.superseded};
}

Known::Document Known::recall(std::string_view key, bool store_down) {
    const NearCache::Found found = guard_.find(key, now_);
    const bool servable = found.trust == NearCache::Trust::fresh ||
                          (store_down && found.trust == NearCache::Trust::suspect);
    if (found.presence == NearCache::Presence::miss || !servable) {
        if (store_down) return last_resort(key, found);
        if (std::ranges::find(lacking_, key) == lacking_.end()) lacking_.emplace_back(key);
        return {State::lacking, nullptr};
    }
    if (found.trust != NearCache::Trust::fresh) guard_.served_stale();
    if (found.presence == NearCache::Presence::absent) return {State::absent, nullptr};
    return {State::present, found.entry};
}

}  // namespace redirector
