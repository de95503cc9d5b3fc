// What is known while one scan is answered: the near cache, and what was just loaded for this scan.
// Shape:   find() answers from memory only and notes what memory lacks; the caller loads that and
//          asks again.
// Errors:  a document that Redis cannot confirm now is served as memory has it, up to the cache's
//          stale bound, or, if it has changed in the last seconds and was not read since, as it was
//          before; if memory has nothing either, it is `unreachable`.
// Threads: one synchronous piece of work on the I/O thread of the Services: holds a guard of the
//          near cache.
#pragma once

#include "redirector/services.hpp"
#include "redirector/store/loader.hpp"
#include "redirector/store/place_search.hpp"

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace redirector {

// Documents fetched for one scan, kept until it is answered: the near cache may refuse or evict
// them at any time.
struct LoadedDocuments {
    std::vector<std::string> keys;
    std::vector<store::Loaded> results;  // one per key

    std::optional<store::PlaceQuestion> places_asked;
    std::shared_ptr<const store::PlaceSearch::Places> places;  // null: the store did not answer
};

class Known {
  public:
    enum class State : std::uint8_t { present, absent, lacking, unreachable };

    struct Document {
        State state = State::lacking;
        const store::CacheEntry* entry = nullptr;  // with `present`; valid as long as this Known

        template <class T>
        const T& as() const {
            return static_cast<const T&>(*entry);
        }
    };

    // `loaded` may be null; it and `services` outlive this.
    Known(Services& services,
          store::NearCache::TimePoint now,
          const LoadedDocuments* loaded = nullptr)
        : guard_(services.reader), now_(now), loaded_(loaded) {}

    Document find(std::string_view key);

    // The places closest to a point, nearest first: one point per scan. With `present` the list
    // lives as long as this. Memory alone never knows.
    struct ClosePlaces {
        State state = State::lacking;
        std::span<const store::Nearby> list;
    };
    ClosePlaces close_to(const store::PlaceQuestion& point);

    // The point that close_to() answered `lacking` for.
    std::optional<store::PlaceQuestion> take_lacking_places() { return std::move(lacking_places_); }

    // Keys that find() answered `lacking` for.
    std::vector<std::string> take_lacking() { return std::move(lacking_); }

  private:
    Document recall(std::string_view key, bool store_down);
    Document last_resort(std::string_view key, const store::NearCache::Found& found);

    store::NearCache::Guard guard_;
    store::NearCache::TimePoint now_;
    const LoadedDocuments* loaded_;
    std::vector<std::string> lacking_;
    std::optional<store::PlaceQuestion> lacking_places_;
};

// Trips to Redis that one answer may take: the redirection, the account's rules, its thng, the
// thng's product, the delegates' rules, the closest place, what these read in turn.
inline constexpr int kLoadRounds = 12;

// Calls `answer(known)` until it returns true, loading in between what it found lacking; false if
// it never did. What is in `loaded` from the start counts instead of what Redis holds.
template <class Answer>
Awaitable<bool> answer_loading(Services& services,
                               const Answer& answer,
                               LoadedDocuments loaded = {}) {
    for (int round = 0;; ++round) {
        std::vector<std::string> lacking;
        std::optional<store::PlaceQuestion> point;
        {
            Known known(services, store::NearCache::Clock::now(), &loaded);
            if (answer(known)) co_return true;
            lacking = known.take_lacking();
            point = known.take_lacking_places();
        }
        if (round == kLoadRounds) co_return false;
        const std::vector<store::Loaded> results = co_await services.loader.load(lacking);
        loaded.keys.insert(loaded.keys.end(), lacking.begin(), lacking.end());
        loaded.results.insert(loaded.results.end(), results.begin(), results.end());
        if (!point) continue;
        loaded.places_asked = point;
        loaded.places = co_await services.places.find(std::move(*point));
    }
}

}  // namespace redirector
