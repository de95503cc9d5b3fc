#include "redirector/store/place_search.hpp"

#include <boost/asio/steady_timer.hpp>

#include <utility>

namespace redirector::store {

// Those who wait do so on a timer that never fires: its cancellation says that the search landed.
struct PlaceSearch::Search {
    Search(Executor executor, Clock::time_point begun_)
        : begun(begun_), landing(executor, Clock::time_point::max()) {}

    Clock::time_point begun;
    bool landed = false;
    std::shared_ptr<const Places> places;
    net::basic_waitable_timer<Clock, net::wait_traits<Clock>, Executor> landing;
};

// What was found before `begun + kRemembered`, or is being looked for, may be as old as that.
void PlaceSearch::make_room(Clock::time_point now) {
    if (searches_.size() < kPoints) return;
    std::erase_if(searches_, [now](const auto& known) {
        return known.second->landed && now - known.second->begun >= kRemembered;
    });
    if (searches_.size() >= kPoints) searches_.clear();
}

Awaitable<std::shared_ptr<const PlaceSearch::Places>> PlaceSearch::find(PlaceQuestion question) {
    const Clock::time_point now = Clock::now();
    if (const auto known = searches_.find(question); known != searches_.end()) {
        const std::shared_ptr<Search> search = known->second;
        if (now - search->begun < kRemembered) {
            if (!search->landed) co_await search->landing.async_wait(use_tuple);
            co_return search->places;
        }
    }
    make_room(now);
    const auto executor = co_await net::this_coro::executor;
    const auto search = std::make_shared<Search>(executor, now);
    searches_.insert_or_assign(question, search);
    made_.add();
    Documents documents(redis_, question.account);
    auto found = co_await documents.closest(question.latitude, question.longitude, kCandidates);
    search->landed = true;
    if (found) {
        search->places = std::make_shared<const Places>(std::move(*found));
    } else if (const auto own = searches_.find(question);
               own != searches_.end() && own->second == search) {
        searches_.erase(own);
    }
    search->landing.cancel();
    co_return search->places;
}

}  // namespace redirector::store
