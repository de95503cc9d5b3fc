// Appends scans to a spool as fast as it can and says after each, on standard output, that it is
// kept: the 8 bytes of a running number, from 1, that is also the scan's time. Usage:
// scan_append_child DIRECTORY LEVEL. Runs until it is killed.
#include "redirector/scan/spool.hpp"
#include "tests/scan/scans.hpp"

#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <string>
#include <unistd.h>

namespace scan = redirector::scan;

int main(int argc, char** argv) {
    if (argc != 3) return 2;
    scan::SpoolOptions options;
    options.directory = argv[1];
    options.durability = scan::parse_durability(argv[2]).value();
    options.segment_bytes = 64 << 10;
    auto spool = scan::Spool::open(options);
    if (!spool) {
        std::fprintf(stderr, "%s\n", spool.error().message.c_str());
        return 1;
    }
    scan::Writer& writer = (*spool)->writer(0);
    for (std::uint64_t number = 1;; ++number) {
        const std::string short_id = "S" + std::to_string(number % 1000);
        while (writer.append(scan::testing::plain_scan(short_id, number)) != scan::Appended::stored)
            ::usleep(100);
        if (writer.sync()) return 1;
        if (::write(STDOUT_FILENO, &number, sizeof number) != sizeof number) return 1;
    }
}
