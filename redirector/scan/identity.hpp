// Who this node is in Redis: an id that stays with the spool directory, and an epoch that no two
// processes of the node ever share.
// Shape:   directory/identity holds three lines: `node <id>`, `machine <id>-<inode of the lock
//          file>`, `epoch <last>`. It is replaced as a whole (write, sync, rename, sync of the
//          directory). A directory that was copied, with its machine or from another, gets a new
//          node id: two living nodes of one id would take each other's marks for their own.
// Units:   epochs are milliseconds since 1970 unless a clock ran backwards.
// Errors:  a sentence that names the file. A damaged file counts as absent: the node id is made
//          anew.
// Threads: start-up only.
#pragma once

#include <boost/system/result.hpp>

#include <cstdint>
#include <filesystem>
#include <string>

namespace redirector::scan {

// Why the spool cannot be opened, as a sentence for the log.
struct SpoolError {
    std::string message;
    bool in_use = false;  // another process holds it
};

struct Identity {
    std::string node;  // kNodeLength characters of a-z and 0-9
    std::uint64_t epoch = 0;
    std::uint64_t incarnation = 0;  // random, never 0
};

// Begins a new epoch, above the last one, above `seen` (the highest found in segments) and not
// below the clock, and makes it durable before it returns.
boost::system::result<Identity, SpoolError> begin_epoch(const std::filesystem::path& directory,
                                                        std::uint64_t seen);

}  // namespace redirector::scan
