// Looks at a source's files every second and has them loaded again when they have changed.
// Threads: one of its own, since loading a City file takes about a second.
#pragma once

#include "redirector/log.hpp"

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <string_view>
#include <thread>

namespace redirector {

template <class Source>
class Reloader {
  public:
    static constexpr std::chrono::seconds kInterval{1};

    // `source` outlives this; `name` is the event of its log lines, static storage.
    Reloader(std::string_view name, Source& source)
        : name_(name), thread_([this, &source](std::stop_token stop) { watch(source, stop); }) {}

  private:
    void watch(Source& source, const std::stop_token& stop) {
        std::unique_lock lock(mutex_);
        while (!wake_.wait_for(lock, stop, kInterval, [&stop] { return stop.stop_requested(); })) {
            switch (source.reload_if_changed()) {
                case Source::Reload::unchanged:
                    break;
                case Source::Reload::replaced:
                    log::write(log::Level::info, name_, {{"what", "the changed file is in force"}});
                    break;
                case Source::Reload::refused:
                    log::write(log::Level::warning, name_,
                               {{"what", "the changed file is not in force"},
                                {"why", source.last_problem()}});
                    break;
            }
        }
    }

    const std::string_view name_;
    std::mutex mutex_;
    std::condition_variable_any wake_;
    std::jthread thread_;  // last: it uses the others
};

}  // namespace redirector
