#include "redirector/facts/geo.hpp"

#include <sys/stat.h>
#include <utility>

namespace redirector::facts {

GeoSource::GeoSource(std::string path, const ZoneCatalog& zones)
    : path_(std::move(path)), zones_(zones) {}

GeoSource::FileIdentity GeoSource::identity_of(const std::string& path) {
    struct stat file {};
    if (stat(path.c_str(), &file) != 0) return {};
    constexpr std::int64_t kNanoseconds = 1'000'000'000;
    return {file.st_dev, file.st_ino, file.st_size,
            file.st_mtim.tv_sec * kNanoseconds + file.st_mtim.tv_nsec};
}

std::unique_ptr<GeoSource> GeoSource::open(std::string path, const ZoneCatalog& zones) {
    std::unique_ptr<GeoSource> source{new GeoSource{std::move(path), zones}};
    source->reload_if_changed();
    return source;
}

GeoSource::Reload GeoSource::reload_if_changed() {
    const std::lock_guard one_at_a_time{reload_};
    std::erase_if(retired_, [](const auto& database) { return database.use_count() == 1; });
    // Asked before the file is read: a change while it is read is seen by the next call.
    const auto identity = identity_of(path_);
    if (tried_ && identity == seen_) return Reload::unchanged;
    tried_ = true;
    seen_ = identity;

    auto loaded = GeoDatabase::load(path_, zones_);
    const std::lock_guard lock{guard_};
    if (!loaded) {
        problem_ = std::move(loaded.error().message);
        return Reload::refused;
    }
    problem_.clear();
    if (database_) retired_.push_back(std::move(database_));
    database_ = std::move(*loaded);
    generation_.fetch_add(1, std::memory_order_release);
    return Reload::replaced;
}

std::string GeoSource::last_problem() const {
    const std::lock_guard lock{guard_};
    return problem_;
}

std::shared_ptr<const GeoDatabase> GeoSource::current() const {
    const std::lock_guard lock{guard_};
    return database_;
}

GeoFacts GeoReader::lookup(const IpAddress& address) {
    const auto generation = source_.generation_.load(std::memory_order_acquire);
    if (generation != generation_) {
        database_ = source_.current();
        generation_ = generation;
    }
    return database_ ? database_->lookup(address) : GeoFacts{};
}

}  // namespace redirector::facts
