// Loader: fetches what the near cache lacks or no longer trusts. One per I/O thread.
// Shape:   keys -> one pipeline of GETs -> decoded by the key's prefix -> published. A key that
//          is being fetched already is waited for, not fetched twice, unless it was invalidated
//          since. Values that take long to decode may be decoded on other threads; those who want
//          them wait, others do not.
// Units:   deadline 500 ms per load, decoding not counted.
// Errors:  values: LoadState.
// Threads: all on the thread of its RedisClient; publishes into the cache that all threads
//          share.
#pragma once

#include "redirector/async.hpp"
#include "redirector/store/near_cache.hpp"
#include "redirector/store/redis_client.hpp"
#include "redirector/worker_pool.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace redirector::store {

// How values under a key prefix become entries. The longest matching prefix of a key counts. `name`
// is the key behind the prefix.
struct Decoder {
    std::string prefix;
    // Null: not what was expected there.
    std::function<EntryPtr(std::string_view name, std::string_view bytes)> decode;

    // Where values of `long_bytes` and more are decoded; null: on the thread of the loader, as it
    // also is while the pool's queue is full. Stopped before what `decode` refers to is gone.
    WorkerPool* workers = nullptr;
    std::size_t long_bytes = 0;
};

enum class LoadState : std::uint8_t {
    present,
    absent,      // Redis holds no such key
    corrupt,     // it does, but the decoder refused the bytes, or no decoder is registered
    store_down,  // Redis cannot be reached, is too slow, or refuses to read now
};

struct Loaded {
    LoadState state = LoadState::store_down;
    EntryPtr entry;  // with `present`: valid whether or not the cache has kept it
};

class Loader {
  public:
    // `primary`, `replica` (may be null) and `cache` outlive the loader. The replica is asked first
    // while the cache is coherent with it, and when the primary does not answer. A key that it
    // lacks may have been made just now: the primary is asked too.
    Loader(RedisClient& primary,
           RedisClient* replica,
           NearCache& cache,
           std::vector<Decoder> decoders,
           std::chrono::milliseconds deadline = std::chrono::milliseconds(500));
    ~Loader();
    Loader(const Loader&) = delete;
    Loader& operator=(const Loader&) = delete;

    // One result per key, in order. Asks Redis even for keys that are cached: look there first.
    // `keys` must outlive the call. At once `store_down` while there is no connection.
    Awaitable<std::vector<Loaded>> load(std::span<const std::string> keys);
    Awaitable<Loaded> load(std::string key);

    std::size_t in_flight() const noexcept;  // keys being fetched

  private:
    class Flights;
    std::shared_ptr<Flights> flights_;
};

}  // namespace redirector::store
