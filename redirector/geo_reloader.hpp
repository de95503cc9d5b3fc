// Looks at the GeoIP file every few seconds and loads it again when it has changed.
// Threads: one of its own, since loading a City file takes about a second.
#pragma once

#include "redirector/facts/geo.hpp"
#include "redirector/log.hpp"

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>

namespace redirector {

class GeoReloader {
  public:
    static constexpr std::chrono::seconds kInterval{5};

    // `source` outlives this.
    explicit GeoReloader(facts::GeoSource& source)
        : thread_([this, &source](std::stop_token stop) { watch(source, stop); }) {}

  private:
    void watch(facts::GeoSource& source, const std::stop_token& stop) {
        std::unique_lock lock(mutex_);
        while (!wake_.wait_for(lock, stop, kInterval, [&stop] { return stop.stop_requested(); })) {
            switch (source.reload_if_changed()) {
                case facts::GeoSource::Reload::unchanged:
                    break;
                case facts::GeoSource::Reload::replaced:
                    log::write(log::Level::info, "geoip",
                               {{"what", "the changed file is in force"}});
                    break;
                case facts::GeoSource::Reload::refused:
                    log::write(log::Level::warning, "geoip",
                               {{"what", "the changed file is not in force"},
                                {"why", source.last_problem()}});
                    break;
            }
        }
    }

    std::mutex mutex_;
    std::condition_variable_any wake_;
    std::jthread thread_;  // last: it uses the others
};

}  // namespace redirector
