// Problem: what a caller asked for that cannot be drawn, in words fit for an HTTP 400 answer.
// Shape:   `parameter` is the name the caller used (w, h, margin, fg, bg, ecc, text ...); `message`
//          is a full sentence without a final stop that begins with that name and says what is
//          allowed.
#pragma once

#include <boost/system/result.hpp>

#include <string>

namespace qr {

struct Problem {
    std::string parameter;
    std::string message;
};

template <class T>
using Result = boost::system::result<T, Problem>;

}  // namespace qr
