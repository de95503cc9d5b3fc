// Wakes a thread without a lock on the side that rings.
// Threads: ring() on any thread, wait() on one.
#pragma once

#include <chrono>
#include <semaphore.h>

namespace redirector::scan {

class Doorbell {
  public:
    Doorbell() noexcept { ::sem_init(&semaphore_, 0, 0); }
    ~Doorbell() { ::sem_destroy(&semaphore_); }
    Doorbell(const Doorbell&) = delete;
    Doorbell& operator=(const Doorbell&) = delete;

    void ring() noexcept { ::sem_post(&semaphore_); }

    // Returns when it was rung, or after `limit`. Rings that came meanwhile count as one.
    void wait(std::chrono::milliseconds limit) noexcept;

  private:
    ::sem_t semaphore_;
};

}  // namespace redirector::scan
