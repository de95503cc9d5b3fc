#include "redirector/store/child_process.hpp"

#include <cassert>
#include <cerrno>
#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <system_error>
#include <unistd.h>
#include <utility>

// glibc 2.36 declares these without C linkage for C++.
extern "C" {
#include <sys/pidfd.h>
}

namespace redirector::store {
namespace {

constexpr std::size_t kMaxInput = 4096;  // fits into a pipe, so writing it never waits

struct Pipe {
    Descriptor read;
    Descriptor write;
};

std::optional<Pipe> open_pipe() {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) return std::nullopt;
    return Pipe{Descriptor(ends[0]), Descriptor(ends[1])};
}

std::string why(const std::string& what, int error) {
    return what + ": " + std::generic_category().message(error);
}

// From here to exec only what signal-safety(7) allows: another thread may have held any lock when
// the process was copied. Descriptor 3 reports a failed exec, 4 is the shared one.
[[noreturn]] void become(
    char* const* argv, const ChildOptions& options, int input, int report, pid_t parent) {
    constexpr int kReport = 3;
    constexpr int kShared = 4;
    const auto fail = [](int error) {
        [[maybe_unused]] const auto written = ::write(kReport, &error, sizeof error);
        ::_exit(127);
    };
    const int high_report = ::fcntl(report, F_DUPFD, kShared + 1);
    const int high_shared =
        options.shared >= 0 ? ::fcntl(options.shared, F_DUPFD, kShared + 1) : -1;
    ::dup2(input, STDIN_FILENO);
    if (options.output >= 0) {
        ::dup2(options.output, STDOUT_FILENO);
        ::dup2(options.output, STDERR_FILENO);
    }
    ::dup2(high_report, kReport);
    ::fcntl(kReport, F_SETFD, FD_CLOEXEC);
    if (high_shared >= 0) {
        ::dup2(high_shared, kShared);
    } else {
        ::close(kShared);
    }
    // Listening sockets above all: a child that kept them would keep the port.
    if (::close_range(kShared + 1, ~0U, 0) != 0) fail(errno);

    ::setpgid(0, 0);
    for (int number = 1; number < NSIG; ++number)
        ::signal(number, SIG_DFL);
    sigset_t none;
    sigemptyset(&none);
    ::sigprocmask(SIG_SETMASK, &none, nullptr);
    if (options.dies_with_thread) {
        ::prctl(PR_SET_PDEATHSIG, SIGTERM);
        if (::getppid() != parent) ::_exit(127);  // it died before the line above
    }
    ::execvp(argv[0], argv);
    fail(errno);
    ::_exit(127);
}

// The errno of a failed exec, 0 if it went well: then the pipe closes without a word.
int exec_error(int report) {
    int error = 0;
    for (;;) {
        const ssize_t size = ::read(report, &error, sizeof error);
        if (size == sizeof error) return error;
        if (size < 0 && errno == EINTR) continue;
        return 0;
    }
}

int reap(pid_t pid) {
    int status = 0;
    while (::waitpid(pid, &status, 0) < 0 && errno == EINTR) {
    }
    return status;
}

}  // namespace

Descriptor::~Descriptor() {
    if (number_ >= 0) ::close(number_);
}

Descriptor::Descriptor(Descriptor&& other) noexcept : number_(other.release()) {}

Descriptor& Descriptor::operator=(Descriptor&& other) noexcept {
    if (this != &other) {
        if (number_ >= 0) ::close(number_);
        number_ = other.release();
    }
    return *this;
}

int Descriptor::release() noexcept {
    return std::exchange(number_, -1);
}

Descriptor open_process(pid_t pid) {
    return Descriptor(::pidfd_open(pid, 0));
}

void signal_process(const Descriptor& process, int number) noexcept {
    ::pidfd_send_signal(process.get(), number, nullptr, 0);
}

boost::system::result<ChildProcess, std::string> ChildProcess::start(Executor executor,
                                                                     const ChildOptions& options) {
    assert(!options.arguments.empty() && options.input.size() <= kMaxInput);
    const std::string cannot = "cannot run " + options.arguments.front();
    std::vector<char*> argv;
    for (const std::string& argument : options.arguments) {
        argv.push_back(const_cast<char*>(argument.c_str()));  // exec does not write to it
    }
    argv.push_back(nullptr);
    auto input = open_pipe();
    auto report = open_pipe();
    if (!input || !report) return why(cannot, errno);
    if (::write(input->write.get(), options.input.data(), options.input.size()) < 0) {
        return why(cannot, errno);
    }

    const pid_t parent = ::getpid();
    const pid_t pid = ::fork();
    if (pid < 0) return why(cannot, errno);
    if (pid == 0) become(argv.data(), options, input->read.get(), report->write.get(), parent);

    report->write = Descriptor();
    if (const int error = exec_error(report->read.get()); error != 0) {
        reap(pid);
        return why(cannot, error);
    }
    Descriptor watch = open_process(pid);
    if (!watch) {
        const int error = errno;
        ::kill(pid, SIGKILL);
        reap(pid);
        return why(cannot, error);
    }
    return ChildProcess(executor, pid, std::move(watch));
}

ChildProcess::ChildProcess(Executor executor, pid_t pid, Descriptor watch)
    : pid_(pid), watch_(executor, watch.release()) {}

ChildProcess::ChildProcess(ChildProcess&& other) noexcept
    : pid_(std::exchange(other.pid_, 0)), status_(other.status_), watch_(std::move(other.watch_)) {}

ChildProcess::~ChildProcess() {
    if (pid_ == 0 || ended()) return;
    ::kill(pid_, SIGKILL);
    reap(pid_);
}

std::optional<int> ChildProcess::ended() {
    if (status_) return status_;
    int status = 0;
    const pid_t found = ::waitpid(pid_, &status, WNOHANG);
    if (found == pid_) status_ = status;
    if (found < 0 && errno == ECHILD)
        status_ = 0;  // somebody else has asked: all we know is that it ended
    return status_;
}

Awaitable<int> ChildProcess::wait() {
    for (;;) {
        if (const auto status = ended()) co_return *status;
        co_await watch_.async_wait(net::posix::descriptor_base::wait_read, use_tuple);
    }
}

// Until it has been waited for, its number cannot belong to anybody else.
void ChildProcess::signal(int number) noexcept {
    if (!status_) ::kill(pid_, number);
}

std::string describe_end(int status) {
    if (WIFSIGNALED(status)) return "was killed by signal " + std::to_string(WTERMSIG(status));
    return "ended with status " + std::to_string(WEXITSTATUS(status));
}

}  // namespace redirector::store
