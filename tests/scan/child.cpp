#include "tests/scan/child.hpp"

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

namespace redirector::scan::testing {

Child::Child(const std::vector<std::string>& words, bool capture) {
    std::vector<char*> arguments;
    for (const std::string& word : words)
        arguments.push_back(const_cast<char*>(word.c_str()));
    arguments.push_back(nullptr);
    int ends[2] = {-1, -1};
    posix_spawn_file_actions_t actions;
    ::posix_spawn_file_actions_init(&actions);
    if (capture) {
        if (::pipe2(ends, O_CLOEXEC) != 0) std::abort();
        ::posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
    }
    if (::posix_spawnp(&pid_, arguments[0], &actions, nullptr, arguments.data(), environ) != 0) {
        std::perror(arguments[0]);
        std::abort();
    }
    ::posix_spawn_file_actions_destroy(&actions);
    if (ends[1] >= 0) ::close(ends[1]);
    output_ = ends[0];
}

Child::~Child() {
    if (pid_ > 0) {
        signal(SIGKILL);
        wait();
    }
    if (output_ >= 0) ::close(output_);
}

void Child::signal(int number) const {
    if (pid_ > 0) ::kill(pid_, number);
}

int Child::wait() {
    int status = 0;
    if (pid_ > 0) ::waitpid(pid_, &status, 0);
    pid_ = -1;
    return status;
}

}  // namespace redirector::scan::testing
