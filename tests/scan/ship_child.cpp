// A server without its listener: appends numbered scans, says after each on standard output that it
// is kept (8 bytes, the number), and ships them. SIGTERM: ships the rest and exits, 0 when all is
// in Redis, else 3 with what is left on standard error. Usage: scan_ship_child DIRECTORY REDIS_SOCKET FIRST_NUMBER LEVEL
#include "tests/scan/shipping.hpp"

#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <unistd.h>

namespace scan = redirector::scan;

namespace {

volatile std::sig_atomic_t stopping = 0;

}  // namespace

int main(int argc, char** argv) {
    if (argc != 5) return 2;
    ::signal(SIGPIPE, SIG_IGN);
    ::signal(SIGTERM, [](int) { stopping = 1; });
    scan::SpoolOptions options = scan::testing::quick_spool(argv[1]);
    options.durability = scan::parse_durability(argv[4]).value();
    scan::testing::Shipping shipping(options, argv[2]);
    scan::Writer& writer = shipping.spool().writer(0);
    for (std::uint64_t number = std::strtoull(argv[3], nullptr, 10); stopping == 0;) {
        const std::string id = "S" + std::to_string(number % 40);
        const bool kept =
            writer.append(scan::testing::plain_scan(id, number)) == scan::Appended::stored &&
            !writer.sync();
        if (kept && ::write(STDOUT_FILENO, &number, sizeof number) != sizeof number) return 1;
        number += kept;
        ::usleep(100);
    }
    shipping.drain(std::chrono::seconds(60));
    const scan::Counters left = shipping.counters();
    if (left.spooled == 0) return 0;
    std::fprintf(stderr, "left: %llu spooled, %llu partitions behind, %llu retried\n",
                 static_cast<unsigned long long>(left.spooled),
                 static_cast<unsigned long long>(left.behind),
                 static_cast<unsigned long long>(left.retried));
    return 3;
}
