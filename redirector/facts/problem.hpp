// Problem: why something that the operator gave at start-up (a list of proxies, a database, a file
// of patterns) cannot be used.
// Shape: `message` is one sentence without a final stop that names the bad item.
#pragma once

#include <boost/system/result.hpp>

#include <string>

namespace redirector::facts {

struct Problem {
    std::string message;
};

template <class T>
using Result = boost::system::result<T, Problem>;

}  // namespace redirector::facts
