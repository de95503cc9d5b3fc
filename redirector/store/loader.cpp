#include "redirector/store/loader.hpp"

#include <unordered_map>
#include <utility>

namespace redirector::store {

using boost::system::error_code;

// The keys that are being fetched.
class Loader::Flights : public std::enable_shared_from_this<Flights> {
  public:
    Flights(RedisClient& primary,
            RedisClient* replica,
            NearCache& cache,
            std::vector<Decoder> decoders,
            std::chrono::milliseconds deadline)
        : primary_(primary),
          replica_(replica),
          cache_(cache),
          decoders_(std::move(decoders)),
          deadline_(deadline) {}

    // What arrives from now on is not published: the loader is gone, the cache may be.
    void close() { closed_ = true; }

    std::size_t size() const noexcept { return flights_.size(); }

    static Awaitable<std::vector<Loaded>> load(std::shared_ptr<Flights> self,
                                               std::span<const std::string> keys);
    static Awaitable<Loaded> load(std::shared_ptr<Flights> self, std::string key);

  private:
    using Waiter = net::any_completion_handler<void()>;

    struct Flight {
        std::string key;
        NearCache::Ticket ticket;
        Executor executor;  // of those who wait
        bool landed = false;
        Loaded result;
        std::vector<Waiter> waiters;
    };
    using FlightPtr = std::shared_ptr<Flight>;

    std::vector<FlightPtr> board(std::span<const std::string> keys, const Executor& executor);
    // Which of the two is asked first, and who then.
    struct Route {
        RedisClient* first;
        RedisClient* second;  // may be null
        bool replica_first;
    };
    Route route() const;
    void depart(std::vector<FlightPtr> flights, const Route& route);
    void arrive(const std::vector<FlightPtr>& flights,
                const Route& route,
                error_code error,
                const std::vector<RedisReply>& replies);
    void ask_second(std::vector<FlightPtr> flights, const Route& route);
    void land(const FlightPtr& flight, Loaded result);
    bool decode_elsewhere(const FlightPtr& flight, const RedisReply& reply);
    Loaded judge(const Flight& flight, const RedisReply& reply);
    Loaded take(const Flight& flight, EntryPtr entry);
    const Decoder* decoder_of(std::string_view key) const;
    static EntryPtr decode(const Decoder& decoder, std::string_view key, std::string_view bytes);

    RedisClient& primary_;
    RedisClient* replica_;
    NearCache& cache_;
    std::vector<Decoder> decoders_;
    std::chrono::milliseconds deadline_;
    bool closed_ = false;
    std::unordered_map<std::string, FlightPtr> flights_;
};

Awaitable<std::vector<Loaded>> Loader::Flights::load(std::shared_ptr<Flights> self,
                                                     std::span<const std::string> keys) {
    const Executor executor = co_await net::this_coro::executor;
    const std::vector<FlightPtr> flights = self->board(keys, executor);
    std::vector<Loaded> results;
    results.reserve(flights.size());
    for (const FlightPtr& flight : flights) {
        if (!flight->landed) {
            auto token = use_tuple;
            auto wait = [&flight](auto handler) {
                flight->waiters.emplace_back(std::move(handler));
            };
            co_await net::async_initiate<decltype(token), void()>(wait, token);
        }
        results.push_back(flight->result);
    }
    co_return results;
}

Awaitable<Loaded> Loader::Flights::load(std::shared_ptr<Flights> self, std::string key) {
    const std::span<const std::string> keys(&key, 1);
    std::vector<Loaded> results = co_await load(std::move(self), keys);
    co_return std::move(results.front());
}

// One flight per key: the one under way, or a new one. One that was overtaken by an invalidation
// may carry what the key held before its last change, which is not for those who ask after it.
std::vector<Loader::Flights::FlightPtr> Loader::Flights::board(std::span<const std::string> keys,
                                                               const Executor& executor) {
    std::vector<FlightPtr> flights;
    std::vector<FlightPtr> departing;
    flights.reserve(keys.size());
    for (const std::string& key : keys) {
        FlightPtr& flight = flights_[key];
        if (!flight || !cache_.current(flight->ticket)) {
            flight = std::make_shared<Flight>(
                Flight{key, cache_.begin_fetch(key), executor, false, {}, {}});
            departing.push_back(flight);
        }
        flights.push_back(flight);
    }
    if (!departing.empty()) depart(std::move(departing), route());
    return flights;
}

Loader::Flights::Route Loader::Flights::route() const {
    if (replica_ == nullptr) return {&primary_, nullptr, false};
    const bool young = cache_.coherent(NearCache::Clock::now()) && replica_->connected();
    if (young) return {replica_, &primary_, true};
    return {&primary_, replica_, false};
}

void Loader::Flights::depart(std::vector<FlightPtr> flights, const Route& route) {
    std::vector<Command> batch;
    batch.reserve(flights.size());
    for (const FlightPtr& flight : flights)
        batch.push_back({"GET", flight->key});
    auto arrived = [self = shared_from_this(), flights, route](error_code error, auto replies) {
        self->arrive(flights, route, error, replies);
    };
    const error_code refused = route.first->submit(batch, deadline_, std::move(arrived));
    if (refused) arrive(flights, route, refused, {});
}

void Loader::Flights::arrive(const std::vector<FlightPtr>& flights,
                             const Route& route,
                             error_code error,
                             const std::vector<RedisReply>& replies) {
    std::vector<FlightPtr> again;
    for (std::size_t i = 0; i < flights.size(); ++i) {
        const FlightPtr& flight = flights[i];
        const bool lost = error.failed() || closed_;
        const bool lacks = !lost && replies[i].is_nil() && route.replica_first;
        if (!lost && decode_elsewhere(flight, replies[i])) continue;
        Loaded result = lost || lacks ? Loaded{} : judge(*flight, replies[i]);
        const bool down = result.state == LoadState::store_down;
        if (down && route.second != nullptr && !closed_) {
            if (lacks) flight->result.state = LoadState::absent;  // unless the primary knows better
            again.push_back(flight);
        } else {
            land(flight, std::move(result));
        }
    }
    if (!again.empty()) ask_second(std::move(again), route);
}

// A replica that was not asked first may be behind: what it lacks is not known to be absent.
void Loader::Flights::ask_second(std::vector<FlightPtr> flights, const Route& route) {
    std::vector<Command> batch;
    for (const FlightPtr& flight : flights)
        batch.push_back({"GET", flight->key});
    const bool replica = !route.replica_first;
    auto arrived = [self = shared_from_this(), flights, replica](error_code error, auto replies) {
        for (std::size_t i = 0; i < flights.size(); ++i) {
            Loaded result = flights[i]->result;
            const bool lost = error.failed() || self->closed_;
            if (!lost && self->decode_elsewhere(flights[i], replies[i])) continue;
            if (!lost && !(replica && replies[i].is_nil())) {
                Loaded second = self->judge(*flights[i], replies[i]);
                if (second.state != LoadState::store_down) result = std::move(second);
            }
            self->land(flights[i], std::move(result));
        }
    };
    if (route.second->submit(batch, deadline_, std::move(arrived))) {
        for (const FlightPtr& flight : flights)
            land(flight, Loaded(flight->result));
    }
}

void Loader::Flights::land(const FlightPtr& flight, Loaded result) {
    const auto listed = flights_.find(flight->key);
    if (listed != flights_.end() && listed->second == flight) flights_.erase(listed);
    flight->result = std::move(result);
    flight->landed = true;
    std::vector<Waiter> waiters = std::exchange(flight->waiters, {});
    for (Waiter& waiter : waiters)
        std::move(waiter)();
}

// Whether the value went to the workers: the flight lands when they have decoded it.
bool Loader::Flights::decode_elsewhere(const FlightPtr& flight, const RedisReply& reply) {
    if (reply.type != RedisReply::Type::text) return false;
    const Decoder* const decoder = decoder_of(flight->key);
    if (decoder == nullptr || decoder->workers == nullptr) return false;
    if (reply.text.size() < decoder->long_bytes) return false;
    const auto entry = std::make_shared<EntryPtr>();
    // Of the loader and its flights the workers hold nothing: these belong to the loader's thread.
    auto work = [decoder = *decoder, key = flight->key, bytes = reply.text, entry] {
        *entry = decode(decoder, key, bytes);
    };
    auto done = [self = shared_from_this(), flight, entry] {
        self->land(flight, self->closed_ ? Loaded{} : self->take(*flight, std::move(*entry)));
    };
    return decoder->workers->submit(flight->executor, std::move(work), std::move(done));
}

Loaded Loader::Flights::judge(const Flight& flight, const RedisReply& reply) {
    if (reply.is_nil()) {
        cache_.publish(flight.ticket, flight.key, nullptr);
        return {LoadState::absent, nullptr};
    }
    if (reply.is_error() && !reply.text.starts_with("WRONGTYPE")) {
        return {LoadState::store_down, nullptr};  // LOADING, MASTERDOWN, CLUSTERDOWN ...
    }
    const Decoder* const decoder = decoder_of(flight.key);
    const bool readable = decoder != nullptr && reply.type == RedisReply::Type::text;
    return take(flight, readable ? decode(*decoder, flight.key, reply.text) : nullptr);
}

Loaded Loader::Flights::take(const Flight& flight, EntryPtr entry) {
    if (!entry) return {LoadState::corrupt, nullptr};
    cache_.publish(flight.ticket, flight.key, entry);
    return {LoadState::present, std::move(entry)};
}

const Decoder* Loader::Flights::decoder_of(std::string_view key) const {
    const Decoder* best = nullptr;
    for (const Decoder& decoder : decoders_) {
        const bool longer = best == nullptr || decoder.prefix.size() > best->prefix.size();
        if (key.starts_with(decoder.prefix) && longer) best = &decoder;
    }
    return best;
}

EntryPtr Loader::Flights::decode(const Decoder& decoder,
                                 std::string_view key,
                                 std::string_view bytes) {
    return decoder.decode(key.substr(decoder.prefix.size()), bytes);
}

Loader::Loader(RedisClient& primary,
               RedisClient* replica,
               NearCache& cache,
               std::vector<Decoder> decoders,
               std::chrono::milliseconds deadline)
    : flights_(std::make_shared<Flights>(primary, replica, cache, std::move(decoders), deadline)) {}

Loader::~Loader() {
    flights_->close();
}

Awaitable<std::vector<Loaded>> Loader::load(std::span<const std::string> keys) {
    return Flights::load(flights_, keys);
}

Awaitable<Loaded> Loader::load(std::string key) {
    return Flights::load(flights_, std::move(key));
}

std::size_t Loader::in_flight() const noexcept {
    return flights_->size();
}

}  // namespace redirector::store
