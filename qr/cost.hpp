// Cost: about how long a drawing takes, told before it is made, so that whoever serves others
// meanwhile can have it made elsewhere.
// Units:   CPU time of one core of the machine of bench/qr/RESULTS.md, right to about a factor of
//          two; qr_bench gives the estimate beside each measured time.
// Threads: any number. Takes less than a microsecond for a short URL.
#pragma once

#include "qr/style.hpp"

#include <chrono>
#include <string_view>

namespace qr {

// Of draw() without the style's logo, which makes it milliseconds. What draw() refuses costs
// nothing.
[[nodiscard]] std::chrono::nanoseconds drawing_cost(std::string_view text,
                                                    const Style& style,
                                                    Format format);

}  // namespace qr
