// Slots: the spool directories of one data directory, so that a process may serve while the one that
// it replaces still finishes.
// Shape:   <data_dir>/spool, spool-2, ... spool-16, each a spool with a node id of its own. A process
//          writes to the first that no other process holds, and ships what it finds abandoned in the
//          others. Directories are never removed: their node ids are used again.
// Errors:  as Spool::open.
// Threads: as Spool::open.
#pragma once

#include "redirector/scan/spool.hpp"

#include <filesystem>
#include <memory>
#include <optional>

namespace redirector::scan {

inline constexpr unsigned kSlots = 16;

// Slots are numbered from 1.
std::filesystem::path slot_directory(const std::filesystem::path& data_dir, unsigned slot);

// The first of the first `slots` that no other process holds; `options.directory` does not count.
boost::system::result<std::unique_ptr<Spool>, SpoolError> open_free_slot(
    const std::filesystem::path& data_dir, SpoolOptions options, unsigned slots);

// A spool with segments that nobody holds, for shipping alone (it has no lanes to append to);
// nullptr when there is none.
std::unique_ptr<Spool> open_abandoned_slot(const std::filesystem::path& data_dir,
                                           SpoolOptions options);

}  // namespace redirector::scan
