// Codes with a logo: which pictures may be one, and the proof that a code that it hides part of is
// still read.
// Errors:  values. A code that cannot be read back is a problem naming `logo`.
// Threads: pure functions, a LabelTrial one at a time; they take up to tens of milliseconds, so no
//          I/O thread calls them.
#pragma once

#include "qr/label_file.hpp"

#include <boost/system/result.hpp>

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_set>

namespace redirector {

inline constexpr std::size_t kMaxLogoFile = 1'048'576;  // bytes

// Reading back takes half a millisecond a label, of which this many take five seconds.
inline constexpr std::size_t kMostLogoLabels = 10'000;

// The logo that a PNG file makes; or what is wrong with it, a sentence that begins with "logo".
boost::system::result<std::shared_ptr<const qr::Logo>, qr::Problem> read_logo(
    std::string_view file);

struct DrawingProblem {
    qr::Problem problem;
    bool unreadable = false;  // it could be drawn, but not read
};

// As qr::draw(), and reads back what has a logo. `out` is replaced.
std::optional<DrawingProblem> draw_readable(const std::string& text,
                                            const qr::Style& style,
                                            qr::Format format,
                                            std::string& out);

// Reads the labels of an order back before they are drawn, each text once.
class LabelTrial {
  public:
    explicit LabelTrial(const qr::LabelOrder& order, std::size_t most = kMostLogoLabels)
        : order_(order), most_(most) {}

    // Nothing: it is read, or has no logo. Refuses what qr::draw() refuses, and more than `most`
    // texts.
    std::optional<qr::Problem> check(const std::string& text);

  private:
    const qr::LabelOrder order_;
    const std::size_t most_;
    std::unordered_set<std::string> read_;
};

}  // namespace redirector
