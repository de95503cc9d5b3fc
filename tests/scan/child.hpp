// Child processes of the tests: started here, ended here by their own number.
#pragma once

#include <string>
#include <sys/types.h>
#include <vector>

namespace redirector::scan::testing {

class Child {
  public:
    // Starts words[0] (looked up in PATH) with its standard output readable through `output()`, or
    // inherited. Aborts the test program when that fails.
    explicit Child(const std::vector<std::string>& words, bool capture = false);
    ~Child();  // SIGKILL and wait, unless it has ended
    Child(const Child&) = delete;
    Child& operator=(const Child&) = delete;

    void signal(int number) const;
    int wait();                             // until it ends; waitpid's status
    int output() const { return output_; }  // descriptor to read from; -1 when not captured

  private:
    pid_t pid_ = -1;
    int output_ = -1;
};

}  // namespace redirector::scan::testing
