// One I/O thread's services with everything in memory: a redirection, rules, a spool of plain
// memory; no socket and no Redis. For what is measured or counted on the cached path.
#pragma once

#include "redirector/api/call_limit.hpp"
#include "redirector/api/passwords.hpp"
#include "redirector/apps.hpp"
#include "redirector/cached_rules.hpp"
#include "redirector/compile_pools.hpp"
#include "redirector/config.hpp"
#include "redirector/drawing_pools.hpp"
#include "redirector/health.hpp"
#include "redirector/metrics.hpp"
#include "redirector/scan/spool.hpp"
#include "redirector/services.hpp"
#include "redirector/store/keyspace.hpp"
#include "redirector/store/loader.hpp"
#include "redirector/store/place_search.hpp"
#include "redirector/store/redirection.hpp"
#include "redirector/store/redis_client.hpp"
#include "redirector/thread_facts.hpp"
#include "redirector/unknown_ids.hpp"

#include <chrono>
#include <filesystem>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <unistd.h>

namespace redirector {

class MemoryEdge {
  public:
    static constexpr std::string_view kAccount = "UAAAAAAAAAAAAAAAAAAAAAAA";
    static constexpr std::string_view kShortId = "ABCDEFGHKM";

    // `rules`: a JSON array as the API takes it.
    explicit MemoryEdge(std::string_view rules)
        : folder_(std::filesystem::temp_directory_path() /
                  ("memory_edge." + std::to_string(getpid()))),
          spool_(open(folder_)) {
        publish(store::keyspace::redirection(kShortId), redirection());
        const std::string document = R"({"rules":)" + std::string(rules) + "}";
        std::string problem;
        publish(store::keyspace::redirector(kAccount),
                decode_rules(document, rules::Level::account, problem));
        if (!problem.empty()) throw std::invalid_argument(problem);
        cache_.heard(store::NearCache::Clock::now() + std::chrono::hours(1));
    }
    ~MemoryEdge() {
        spool_.reset();
        std::filesystem::remove_all(folder_);
    }

    App& app() { return *app_; }
    Services& services() { return services_; }

  private:
    static std::unique_ptr<scan::Spool> open(const std::filesystem::path& folder) {
        scan::SpoolOptions options;
        options.directory = folder;
        options.durability = scan::Durability::memory;
        return std::move(*scan::Spool::open(options));
    }
    static store::EntryPtr redirection() {
        store::Redirection redirection;
        redirection.type = store::ResourceType::product;
        redirection.account = kAccount;
        redirection.evrythng_id = "UBBBBBBBBBBBBBBBBBBBBBBB";
        redirection.target = "https://example.com/landing/{shortId}";
        return store::CachedRedirection::make(redirection, kShortId);
    }
    void publish(const std::string& key, store::EntryPtr entry) {
        cache_.publish(cache_.begin_fetch(key), key, std::move(entry));
    }

    std::filesystem::path folder_;
    std::unique_ptr<scan::Spool> spool_;
    Config config_;
    net::io_context context_;
    store::NearCache cache_{store::NearCacheOptions{}};
    store::RedisClient redis_{context_.get_executor(), store::RedisOptions{}};  // never started
    store::Loader loader_{redis_, nullptr, cache_, {}};
    store::PlaceSearch places_{redis_};
    store::NearCache::Reader reader_{cache_};
    ThreadFacts facts_{**facts::ZoneCatalog::load(), nullptr, nullptr};
    Metrics metrics_{1};
    Health health_;
    api::PasswordPool passwords_;
    CompilePools compiling_;
    DrawingPools drawing_;
    UnknownIdLimit unknown_ids_{0};
    api::CallLimit calls_{0, 0};
    Services services_{config_,
                       cache_,
                       reader_,
                       loader_,
                       places_,
                       redis_,
                       redis_,
                       spool_->writer(0),
                       facts_,
                       facts_.agent_facts,
                       metrics_.thread(0),
                       metrics_,
                       health_,
                       passwords_,
                       compiling_,
                       drawing_,
                       unknown_ids_,
                       calls_};
    std::unique_ptr<App> app_ = make_public_app(services_);
};

// What an iPhone sends, read.
inline Request phone_request() {
    Request request;
    request.path = "/ABCDEFGHKM";
    request.peer = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 81, 2, 69, 142};
    const auto set = [&](Field field, std::string_view value) {
        request.fields[static_cast<std::size_t>(field)] = value;
    };
    set(Field::host, "tn.gg");
    set(Field::user_agent,
        "Mozilla/5.0 (iPhone; CPU iPhone OS 17_4 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like "
        "Gecko) Version/17.4 Mobile/15E148 Safari/604.1");
    set(Field::accept, "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8");
    set(Field::accept_language, "de-CH,de;q=0.9,en;q=0.8");
    return request;
}

// `count` rules of which none matches: they read country, time of day, language and device.
inline std::string phone_rules(int count) {
    std::string rules = "[";
    for (int number = 0; number < count; ++number) {
        rules.append(number == 0 ? "" : ",")
            .append(R"({"match":"device.type=tv&language=de&country=CH&timeOfDay>=)")
            .append(std::to_string(number % 1440))
            .append(R"(","redirectUrl":"https://example.com/)")
            .append(std::to_string(number))
            .append("\"}");
    }
    return rules.append("]");
}

}  // namespace redirector
