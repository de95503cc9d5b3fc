#include "redirector/store/redis_home.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <system_error>
#include <unistd.h>

namespace redirector::store {
namespace {

constexpr std::uint64_t kLargestLog = 10 << 20;  // rotated once, at a start
constexpr std::uint64_t kLongestTail = 16 << 10;

StartError failed(std::string what, int error) {
    return {StartError::Kind::failed,
            std::move(what) + ": " + std::generic_category().message(error)};
}

bool lock(int file) {
    return ::flock(file, LOCK_EX | LOCK_NB) == 0;
}

// The number that the holder of the lock has written into its file.
std::string holder(int file) {
    char digits[16] = {};
    const ssize_t size = ::pread(file, digits, sizeof digits - 1, 0);
    return size > 0 ? " (process " + std::string(digits) + ")" : "";
}

void write_own_number(int file) {
    const std::string digits = std::to_string(::getpid());
    if (::ftruncate(file, 0) != 0) return;  // only the message to the other process gets poorer
    [[maybe_unused]] const auto written = ::pwrite(file, digits.data(), digits.size(), 0);
}

}  // namespace

RedisHome::RedisHome(const std::filesystem::path& data_dir)
    : folder_(std::filesystem::absolute(data_dir).lexically_normal() / "redis") {}

boost::system::result<void, StartError> RedisHome::enter() {
    const std::string name = folder_.string();
    if (socket().string().size() > RedisAddress::kMaxSocketPath) {
        return StartError{StartError::Kind::failed,
                          "the data directory's path is too long: " + socket().string() +
                              " must have at most 107 bytes to be a Unix socket"};
    }
    std::error_code error;
    std::filesystem::create_directories(folder_, error);
    if (error) return failed("cannot make the directory " + name, error.value());
    if (::chmod(name.c_str(), S_IRWXU) != 0) return failed("cannot protect " + name, errno);

    constexpr mode_t kOwnerOnly = S_IRUSR | S_IWUSR;
    const auto open = [&](const char* file, int flags) {
        return Descriptor(
            ::open((folder_ / file).c_str(), flags | O_CLOEXEC | O_CREAT, kOwnerOnly));
    };
    server_lock_ = open("server.lock", O_RDWR);
    if (!server_lock_) return failed("cannot write in " + name, errno);
    if (!lock(server_lock_.get())) {
        return StartError{StartError::Kind::in_use, "the data directory " + name +
                                                        " is in use by another process" +
                                                        holder(server_lock_.get())};
    }
    write_own_number(server_lock_.get());
    child_lock_ = open("child.lock", O_RDWR);
    if (!child_lock_) return failed("cannot write in " + name, errno);

    if (std::filesystem::file_size(folder_ / "redis.log", error) > kLargestLog && !error) {
        std::filesystem::rename(folder_ / "redis.log", folder_ / "redis.log.1", error);
    }
    log_ = open("redis.log", O_RDWR | O_APPEND);
    if (!log_) return failed("cannot write in " + name, errno);
    return {};
}

void RedisHome::leave() {
    server_lock_ = Descriptor();
    child_lock_ = Descriptor();
}

std::filesystem::path RedisHome::manifest() const {
    return folder_ / "appendonlydir" / "appendonly.aof.manifest";
}

bool RedisHome::take_child_lock() {
    return lock(child_lock_.get());
}

// A stopped or busy process does not answer, but its listening socket still says whose it is.
std::optional<pid_t> RedisHome::listener() const {
    const Descriptor probe(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, socket().c_str(), socket().string().size());
    if (::connect(probe.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
        return std::nullopt;
    }
    ucred peer{};
    socklen_t size = sizeof peer;
    if (::getsockopt(probe.get(), SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0 || peer.pid <= 0) {
        return std::nullopt;
    }
    return peer.pid;
}

std::uint64_t RedisHome::log_size() const {
    struct stat status {};
    return ::fstat(log_.get(), &status) == 0 ? static_cast<std::uint64_t>(status.st_size) : 0;
}

std::string RedisHome::logged_since(std::uint64_t offset) const {
    const std::uint64_t end = log_size();
    const std::uint64_t begin = std::max(std::min(offset, end), end - std::min(end, kLongestTail));
    std::string text(end - begin, '\0');
    const ssize_t size = ::pread(log_.get(), text.data(), text.size(), static_cast<off_t>(begin));
    text.resize(size > 0 ? static_cast<std::size_t>(size) : 0);
    return text;
}

}  // namespace redirector::store
