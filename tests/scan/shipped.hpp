// A spool that is shipped to a Redis of its own: what tests of the shipper begin with.
#pragma once

#include "tests/scan/redis.hpp"
#include "tests/scan/shipping.hpp"

#include <gtest/gtest.h>

#include <memory>

namespace redirector::scan::testing {

class Shipped : public ::testing::Test {
  protected:
    SpoolOptions spool() const { return quick_spool(folder_.path() / "spool"); }
    std::unique_ptr<Shipping> ship(const ShipperOptions& options = quick_shipper()) {
        return std::make_unique<Shipping>(spool(), redis_.socket(), options);
    }

    TemporaryFolder folder_;
    RedisServer redis_;
    RedisSink client_{redis_.socket()};
};

}  // namespace redirector::scan::testing
