#include "qr/payload.hpp"

#include <algorithm>
#include <array>
#include <limits>
#include <string>

namespace qr {
namespace {

constexpr int kModes = 3;

// ISO/IEC 18004:2015 Table 7: data codewords per version at levels L, M, Q, H.
constexpr std::array<std::array<std::uint16_t, 4>, kMaxVersion> kDataCodewords{{
    {19, 16, 13, 9},          {34, 28, 22, 16},         {55, 44, 34, 26},
    {80, 64, 48, 36},         {108, 86, 62, 46},        {136, 108, 76, 60},
    {156, 124, 88, 66},       {194, 154, 110, 86},      {232, 182, 132, 100},
    {274, 216, 154, 122},     {324, 254, 180, 140},     {370, 290, 206, 158},
    {428, 334, 244, 180},     {461, 365, 261, 197},     {523, 415, 295, 223},
    {589, 453, 325, 253},     {647, 507, 367, 283},     {721, 563, 397, 313},
    {795, 627, 445, 341},     {861, 669, 485, 385},     {932, 714, 512, 406},
    {1006, 782, 568, 442},    {1094, 860, 614, 464},    {1174, 914, 664, 514},
    {1276, 1000, 718, 538},   {1370, 1062, 754, 596},   {1468, 1128, 808, 628},
    {1531, 1193, 871, 661},   {1631, 1267, 911, 701},   {1735, 1373, 985, 745},
    {1843, 1455, 1033, 793},  {1955, 1541, 1115, 845},  {2071, 1631, 1171, 901},
    {2191, 1725, 1231, 961},  {2306, 1812, 1286, 986},  {2434, 1914, 1354, 1054},
    {2566, 1992, 1426, 1096}, {2702, 2102, 1502, 1142}, {2812, 2216, 1582, 1222},
    {2956, 2334, 1666, 1276},
}};

// Table 5, as a look-up by byte: -1 for bytes outside the set.
constexpr auto kAlphanumeric = [] {
    std::array<std::int8_t, 256> values{};
    values.fill(-1);
    constexpr std::string_view set = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:";
    for (std::size_t i = 0; i < set.size(); ++i)
        values[static_cast<unsigned char>(set[i])] = static_cast<std::int8_t>(i);
    return values;
}();

// Costs are sixths of a bit, in which every mode's price per character is whole.
using Cost = std::uint32_t;
constexpr Cost kBit = 6;
constexpr Cost kImpossible = std::numeric_limits<Cost>::max() / 2;
constexpr std::array<Cost, kModes> kPrice{20, 33, 48};

constexpr Cost whole_bits(Cost cost) {
    return (cost + kBit - 1) / kBit * kBit;
}

bool can_hold(Mode mode, char c) {
    if (mode == Mode::byte) return true;
    const int value = alphanumeric_value(c);
    return value >= 0 && (mode == Mode::alphanumeric || value < 10);
}

constexpr std::array<Mode, kModes> kEveryMode{Mode::numeric, Mode::alphanumeric, Mode::byte};

constexpr std::size_t index_of(Mode mode) {
    return static_cast<std::size_t>(mode);
}

// For each character and each mode that may hold it: the mode of the character before it, on the
// cheapest way to get there.
using Trace = std::array<std::array<Mode, kModes>, kMaxText>;

struct Cut {
    std::size_t bits;
    Mode last;  // mode of the last character
};

// Fills the trace for versions that share the length fields of `version`. After character i,
// cost[m] is the least that characters 0..i cost when i is in mode m. A segment that ends is
// rounded up to whole bits; since rounding keeps the order of costs, keeping the least per mode
// loses no optimum.
Cut cheapest_cut(std::string_view text, int version, Trace& trace) {
    std::array<Cost, kModes> header{};
    std::array<Cost, kModes> cost{};
    for (const Mode mode : kEveryMode)
        header[index_of(mode)] = static_cast<Cost>(4 + length_bits(mode, version)) * kBit;
    for (std::size_t i = 0; i < text.size(); ++i) {
        std::array<Cost, kModes> next{};
        for (const Mode mode : kEveryMode) {
            const auto m = index_of(mode);
            next[m] = kImpossible;
            if (!can_hold(mode, text[i])) continue;
            for (const Mode before : kEveryMode) {
                const auto b = index_of(before);
                const bool stays = before == mode && i > 0;
                const Cost reached = stays ? cost[b] : whole_bits(cost[b]) + header[m];
                if (reached + kPrice[m] < next[m]) {
                    next[m] = reached + kPrice[m];
                    trace[i][m] = before;
                }
            }
        }
        cost = next;
    }
    const auto least = std::min_element(cost.begin(), cost.end());
    return {whole_bits(*least) / kBit, kEveryMode[static_cast<std::size_t>(least - cost.begin())]};
}

std::vector<Segment> segments_of(std::size_t length, Mode last, const Trace& trace) {
    std::vector<Segment> backwards;
    Mode mode = last;
    for (std::size_t i = length; i-- > 0;) {
        if (backwards.empty() || backwards.back().mode != mode)
            backwards.push_back({mode, i, 1});
        else
            --backwards.back().begin, ++backwards.back().length;
        mode = trace[i][index_of(mode)];
    }
    std::reverse(backwards.begin(), backwards.end());
    return backwards;
}

}  // namespace

int alphanumeric_value(char c) {
    return kAlphanumeric[static_cast<unsigned char>(c)];
}

int length_bits(Mode mode, int version) {
    constexpr int bits[kModes][3] = {{10, 12, 14}, {9, 11, 13}, {8, 16, 16}};
    return bits[index_of(mode)][version < 10 ? 0 : version < 27 ? 1 : 2];
}

std::size_t data_bits(int version, Level level) {
    return std::size_t{8} *
           kDataCodewords[static_cast<std::size_t>(version - 1)][static_cast<std::size_t>(level)];
}

Result<Payload> plan(std::string_view text, Level level) {
    if (text.empty()) return Problem{"text", "text must not be empty"};
    if (text.size() <= kMaxText) {
        Trace trace;
        // Within each of these ranges all length fields, and so the best cut, are the same.
        for (const auto& [first, last] : {std::pair{1, 9}, {10, 26}, {27, kMaxVersion}}) {
            const Cut cut = cheapest_cut(text, first, trace);
            for (int version = first; version <= last; ++version)
                if (cut.bits <= data_bits(version, level))
                    return Payload{version, cut.bits, segments_of(text.size(), cut.last, trace)};
        }
    }
    return Problem{
        "text", "text of " + std::to_string(text.size()) +
                    " bytes is more than the largest QR code holds at this error correction level"};
}

}  // namespace qr
