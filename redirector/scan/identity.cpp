#include "redirector/scan/identity.hpp"

#include "redirector/scan/clock.hpp"
#include "redirector/scan/segment.hpp"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <fcntl.h>
#include <fstream>
#include <string_view>
#include <sys/random.h>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>

namespace redirector::scan {
namespace {

namespace fs = std::filesystem;

std::uint64_t random64() {
    std::uint64_t value = 0;
    // Does not fail for 8 bytes once the kernel's pool is up (getrandom(2)).
    while (value == 0 && getrandom(&value, sizeof value, 0) != sizeof value)
        continue;
    return value | 1;
}

constexpr std::string_view kAlphabet = "abcdefghkmnpqrstwxy0123456789";

std::string new_node() {
    std::string node;
    while (node.size() < kNodeLength)
        node += kAlphabet[random64() / 2 % kAlphabet.size()];
    return node;
}

std::string machine_of(const fs::path& directory) {
    std::string id = "none";
    std::ifstream("/etc/machine-id") >> id;
    struct stat lock {};
    ::stat((directory / "lock").c_str(), &lock);
    return id + "-" + std::to_string(lock.st_ino);
}

struct Saved {
    std::string node;
    std::string machine;
    std::uint64_t epoch = 0;
};

bool valid_node(const std::string& node) {
    return node.size() == kNodeLength && std::all_of(node.begin(), node.end(), [](char c) {
               return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
           });
}

Saved load(const fs::path& file) {
    std::ifstream in(file);
    Saved saved;
    std::string name[3];
    in >> name[0] >> saved.node >> name[1] >> saved.machine >> name[2] >> saved.epoch;
    const bool whole = in && name[0] == "node" && name[1] == "machine" && name[2] == "epoch";
    return whole && valid_node(saved.node) ? saved : Saved{};
}

bool write_durably(const fs::path& file, const std::string& text) {
    const int fd = ::open(file.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd < 0) return false;
    const auto size = static_cast<ssize_t>(text.size());
    const bool good = ::write(fd, text.data(), text.size()) == size && ::fsync(fd) == 0;
    return ::close(fd) == 0 && good;
}

bool sync_directory(const fs::path& directory) {
    const int fd = ::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) return false;
    const bool good = ::fsync(fd) == 0;
    ::close(fd);
    return good;
}

}  // namespace

boost::system::result<Identity, SpoolError> begin_epoch(const fs::path& directory,
                                                        std::uint64_t seen) {
    const fs::path file = directory / "identity";
    const fs::path fresh = directory / "identity.new";
    const Saved saved = load(file);
    const std::string machine = machine_of(directory);
    const bool same = !saved.node.empty() && saved.machine == machine;
    const Identity identity{.node = same ? saved.node : new_node(),
                            .epoch = std::max({now_ms(), saved.epoch + 1, seen + 1}),
                            .incarnation = random64()};
    const std::string text = "node " + identity.node + "\nmachine " + machine + "\nepoch " +
                             std::to_string(identity.epoch) + "\n";
    if (!write_durably(fresh, text) || ::rename(fresh.c_str(), file.c_str()) != 0 ||
        !sync_directory(directory))
        return SpoolError{"cannot write " + file.string() + ": " +
                          std::generic_category().message(errno)};
    return identity;
}

}  // namespace redirector::scan
