// What a Spool is made of, for those who work behind it: the shipper and the tests.
#pragma once

#include "redirector/scan/doorbell.hpp"
#include "redirector/scan/identity.hpp"
#include "redirector/scan/keeper.hpp"
#include "redirector/scan/lane.hpp"
#include "redirector/scan/spool.hpp"
#include "redirector/scan/tallies.hpp"

#include <memory>
#include <vector>

namespace redirector::scan {

// Holds directory/lock for as long as it lives, so that no two processes write one spool.
class DirectoryLock {
  public:
    explicit DirectoryLock(int fd) noexcept : fd_(fd) {}
    ~DirectoryLock();
    DirectoryLock(const DirectoryLock&) = delete;
    DirectoryLock& operator=(const DirectoryLock&) = delete;

  private:
    int fd_;
};

// Members are destroyed from the last to the first: the keeper's thread ends before what it uses.
struct Spool::Parts {
    explicit Parts(int locked) noexcept : lock(locked) {}

    DirectoryLock lock;
    Identity identity;
    Tallies tallies;
    Doorbell bell;
    std::vector<std::unique_ptr<Lane>> lanes;
    std::vector<SegmentFile*> left;  // by earlier processes, oldest first in each lane
    std::unique_ptr<Keeper> keeper;
};

}  // namespace redirector::scan
