#include "redirector/scan/slots.hpp"

#include <algorithm>
#include <string>
#include <system_error>
#include <utility>

namespace redirector::scan {
namespace {

namespace fs = std::filesystem;

bool holds_segments(const fs::path& directory) {
    std::error_code error;
    const fs::directory_iterator files(directory, error);
    return !error && std::any_of(begin(files), end(files), [](const fs::directory_entry& file) {
        return file.path().extension() == ".seg";
    });
}

}  // namespace

fs::path slot_directory(const fs::path& data_dir, unsigned slot) {
    return data_dir / (slot == 1 ? "spool" : "spool-" + std::to_string(slot));
}

boost::system::result<std::unique_ptr<Spool>, SpoolError> open_free_slot(const fs::path& data_dir,
                                                                         SpoolOptions options,
                                                                         unsigned slots) {
    SpoolError taken;
    for (unsigned slot = 1; slot <= slots; ++slot) {
        options.directory = slot_directory(data_dir, slot);
        auto opened = Spool::open(options);
        if (opened || !opened.error().in_use) return opened;
        taken = std::move(opened.error());
    }
    return taken;
}

std::unique_ptr<Spool> open_abandoned_slot(const fs::path& data_dir, SpoolOptions options) {
    options.lanes = 0;
    for (unsigned slot = 1; slot <= kSlots; ++slot) {
        options.directory = slot_directory(data_dir, slot);
        if (!holds_segments(options.directory)) continue;
        auto opened = Spool::open(options);
        if (opened) return *std::move(opened);
    }
    return nullptr;
}

}  // namespace redirector::scan
