#include "qr/cost.hpp"

#include "qr/payload.hpp"
#include "qr/small_symbol.hpp"

namespace qr {
namespace {

using std::chrono::nanoseconds;

constexpr int kWidestInOneWord = 29;  // modules of the symbols whose rows are 32 bits
constexpr nanoseconds kNarrow{2'000};
constexpr nanoseconds kSmall{17'000};
constexpr nanoseconds kFirst{800'000};  // of a version and level
constexpr double kLibraryModule = 80;   // ns for each module of a symbol by libqrencode

constexpr nanoseconds kFile{1'500};
constexpr double kVectorModule = 3.5;  // ns
constexpr double kLinePixel = 0.4;     // ns for each pixel of the one line that a module row takes
constexpr nanoseconds kLetter{150};

nanoseconds encoding_cost(int version, Level level) {
    const int modules = symbol_width(version);
    if (version > kMaxSmallVersion)
        return nanoseconds(static_cast<int>(kLibraryModule * modules * modules));
    if (!has_tables(version, level)) return kFirst;
    return modules <= kWidestInOneWord ? kNarrow : kSmall;
}

}  // namespace

nanoseconds drawing_cost(std::string_view text, const Style& style, Format format) {
    const auto payload = plan(text, level_of(style));
    if (!payload) return nanoseconds(0);
    const int modules = symbol_width(payload->version);
    const double body = format == Format::png ? kLinePixel * modules * style.width
                                              : kVectorModule * modules * modules;
    return encoding_cost(payload->version, level_of(style)) + kFile +
           nanoseconds(static_cast<int>(body)) + kLetter * static_cast<int>(style.caption.size());
}

}  // namespace qr
