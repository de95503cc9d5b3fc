// A child process that is waited for without signals: the kernel says through a descriptor that
// it ended.
// Shape:   fork and exec; the child gets its own process group (a terminal's Ctrl-C is not for
//          it), default signal handling, and no descriptor but those named here.
// Errors:  start() answers one sentence when the program cannot be run.
// Threads: everything on the thread of the executor. With `dies_with_thread` the kernel sends
//          SIGTERM to the child when the thread that called start() ends, however the process
//          dies.
// Source:  pidfd_open(2), PR_SET_PDEATHSIG in prctl(2).
#pragma once

#include "redirector/async.hpp"

#include <boost/asio/posix/basic_stream_descriptor.hpp>
#include <boost/system/result.hpp>

#include <optional>
#include <string>
#include <sys/types.h>
#include <vector>

namespace redirector::store {

// An open file descriptor, closed with its owner. -1: none.
class Descriptor {
  public:
    explicit Descriptor(int number = -1) noexcept : number_(number) {}
    ~Descriptor();
    Descriptor(Descriptor&& other) noexcept;
    Descriptor& operator=(Descriptor&& other) noexcept;

    int get() const noexcept { return number_; }
    int release() noexcept;
    explicit operator bool() const noexcept { return number_ >= 0; }

  private:
    int number_;
};

// Stands for a process, whoever started it: unlike its number it never comes to mean another one.
// None if there is no such process.
Descriptor open_process(pid_t pid);
void signal_process(const Descriptor& process, int number) noexcept;

struct ChildOptions {
    std::vector<std::string> arguments;  // the program first, looked for in PATH
    int output = -1;                     // becomes standard output and error
    std::string input;                   // becomes standard input; at most 4,096 bytes
    int shared = -1;                     // one more descriptor that the child keeps open
    bool dies_with_thread = false;
};

class ChildProcess {
  public:
    static boost::system::result<ChildProcess, std::string> start(Executor executor,
                                                                  const ChildOptions& options);
    ~ChildProcess();  // SIGKILL and a wait, if it still runs
    ChildProcess(ChildProcess&&) noexcept;
    ChildProcess& operator=(ChildProcess&&) = delete;

    pid_t pid() const noexcept { return pid_; }

    // How it ended, as waitpid(2) puts it; nothing while it runs.
    std::optional<int> ended();

    // Completes when it has ended. One waiter at a time; the object outlives the wait.
    Awaitable<int> wait();

    void signal(int number) noexcept;  // nothing happens once it has ended

  private:
    ChildProcess(Executor executor, pid_t pid, Descriptor watch);

    pid_t pid_;
    std::optional<int> status_;
    net::posix::basic_stream_descriptor<Executor> watch_;
};

// "ended with status 1", "was killed by signal 9".
std::string describe_end(int status);

}  // namespace redirector::store
