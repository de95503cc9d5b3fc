#include "qr/mask_penalty.hpp"

#include <bit>
#include <cstdlib>

#define QR_INLINE [[gnu::always_inline]] inline

namespace qr {
namespace {

template <class Word>
using Lanes = typename EightGrids<Word>::Lanes;

constexpr int kSameColor = 1;    // per module of a run of five or more, less two
constexpr int kBlock = 3;        // per 2 x 2 modules of one colour
constexpr int kFinderLike = 40;  // per 1:1:3:1:1 run beside four light modules
constexpr int kBalance = 10;     // per whole 5 per cent away from half dark

// Counts set bits per lane. Each bit column of the words counts for itself in binary, its digits
// spread over the planes, so the dear part, adding up the columns of a word, is done once at the
// end.
template <class Word>
class BitCounter {
  public:
    // Bits of `a` and `b` count 2^plane each.
    template <int plane>
    QR_INLINE void add(const Lanes<Word>& a, const Lanes<Word>& b) {
        const Lanes<Word> half = planes_[plane] ^ a;
        Lanes<Word> carry = (planes_[plane] & a) | (half & b);
        planes_[plane] = half ^ b;
        for (int i = plane + 1; i < kPlanes; ++i) {
            const Lanes<Word> next = planes_[i] & carry;
            planes_[i] ^= carry;
            carry = next;
        }
    }
    QR_INLINE void add_total_to(std::array<int, 8>& points, int weight) const {
        for (int i = 0; i < kPlanes; ++i)
            for (std::size_t lane = 0; lane < 8; ++lane)
                points[lane] += (weight << i) * std::popcount(planes_[i][lane]);
    }

  private:
    static constexpr int kPlanes = 8;  // a column counts up to 255
    Lanes<Word> planes_[kPlanes] = {};
};

// The rows of eight grids with room for light modules above and below, and what neighbours have in
// common.
template <class Word>
struct Rows {
    static constexpr int kAbove = 4;
    static constexpr int kBelow = 11;
    static constexpr int kSize = kAbove + EightGrids<Word>::kMaxWidth + kBelow;

    Lanes<Word> dark[kSize];         // [kAbove + y] is row y
    Lanes<Word> four[kSize];         // a dark module among rows y to y + 3
    Lanes<Word> like_right[kSize];   // same colour as the module to the right
    Lanes<Word> like_below[kSize];   // same colour as the module below
    Lanes<Word> three_below[kSize];  // like_below of rows y and y + 1

    QR_INLINE explicit Rows(const EightGrids<Word>& grids) {
        const int width = grids.width;
        const auto all = static_cast<Word>(~Word{0} >> (EightGrids<Word>::kMaxWidth - width));
        for (int i = 0; i < kAbove; ++i)
            dark[i] = Lanes<Word>{};
        for (int y = 0; y < width; ++y)
            dark[kAbove + y] = grids.rows[y];
        for (int i = 0; i < kBelow; ++i)
            dark[kAbove + width + i] = Lanes<Word>{};
        for (int i = 0; i < kAbove + width + kBelow - 3; ++i)
            four[i] = dark[i] | dark[i + 1] | dark[i + 2] | dark[i + 3];
        for (int i = kAbove; i < kAbove + width; ++i) {
            like_right[i] = ~(dark[i] ^ dark[i] >> 1) & (all >> 1);
            like_below[i] = i + 1 < kAbove + width ? ~(dark[i] ^ dark[i + 1]) & all : Lanes<Word>{};
        }
        like_below[kAbove + width] = Lanes<Word>{};
        for (int i = kAbove; i < kAbove + width; ++i)
            three_below[i] = like_below[i] & like_below[i + 1];
    }
};

// Runs of five along row i: the columns where a stretch of five of one colour begins.
template <class Word>
QR_INLINE void five_along(const Rows<Word>& rows, int i, Lanes<Word>& begins) {
    const Lanes<Word> three = rows.like_right[i] & rows.like_right[i] >> 1;
    begins = three & three >> 2;
}

// Finder-like runs that begin in row i, along it.
template <class Word>
QR_INLINE void finder_along(const Rows<Word>& rows, int i, Lanes<Word>& begins) {
    const Lanes<Word>& r = rows.dark[i];
    const Lanes<Word> run = r & ~(r >> 1) & r >> 2 & r >> 3 & r >> 4 & ~(r >> 5) & r >> 6;
    Lanes<Word> right = r >> 7 | r >> 8;
    right |= right >> 2;
    Lanes<Word> left = r << 1 | r << 2;
    left |= r << 3 | r << 4;
    begins = run & ~(left & right);
}

// The same downwards.
template <class Word>
QR_INLINE void finder_down(const Rows<Word>& rows, int i, Lanes<Word>& begins) {
    const Lanes<Word>* r = rows.dark + i;
    const Lanes<Word> run = r[0] & ~r[1] & r[2] & r[3] & r[4] & ~r[5] & r[6];
    begins = run & ~(rows.four[i - 4] & rows.four[i + 7]);
}

template <class Word>
QR_INLINE void add_penalties(const EightGrids<Word>& grids, std::array<int, 8>& points) {
    const Rows<Word> rows(grids);
    const int first = Rows<Word>::kAbove;
    const int end = first + grids.width;
    BitCounter<Word> same_color;
    BitCounter<Word> blocks;
    BitCounter<Word> finders;
    BitCounter<Word> balance;
    Lanes<Word> five_above{};
    Lanes<Word> block_above{};
    for (int i = first; i < end; ++i) {
        // A run of n has n - 4 stretches of five and one first stretch: n - 2 points in all.
        Lanes<Word> along;
        five_along(rows, i, along);
        Lanes<Word> down{};
        if (i + 4 < end) down = rows.three_below[i] & rows.three_below[i + 2];
        same_color.template add<0>(along, down);
        same_color.template add<1>(along & ~(along << 1), down & ~five_above);
        five_above = down;

        Lanes<Word> block{};
        if (i + 1 < end) block = rows.like_right[i] & rows.like_right[i + 1] & rows.like_below[i];
        Lanes<Word> finder_right;
        Lanes<Word> finder_below{};
        finder_along(rows, i, finder_right);
        if (i + 6 < end) finder_down(rows, i, finder_below);
        finders.template add<0>(finder_right, finder_below);

        // One word per row each: two rows are added at a time.
        if ((i - first) % 2 == 0) {
            block_above = block;
            continue;
        }
        blocks.template add<0>(block_above, block);
        balance.template add<0>(rows.dark[i - 1], rows.dark[i]);
    }
    // Widths are odd; the last row has no block below it.
    balance.template add<0>(rows.dark[end - 1], Lanes<Word>{});
    same_color.add_total_to(points, kSameColor);
    blocks.add_total_to(points, kBlock);
    finders.add_total_to(points, kFinderLike);
    std::array<int, 8> dark{};
    balance.add_total_to(dark, 1);
    const int total = grids.width * grids.width;
    for (std::size_t lane = 0; lane < 8; ++lane)
        points[lane] += kBalance * (std::abs(2 * dark[lane] - total) * 10 / total);
}

#if defined(__x86_64__)
template <class Word>
[[gnu::target("avx2,popcnt")]] void add_penalties_avx2(const EightGrids<Word>& grids,
                                                       std::array<int, 8>& points) {
    add_penalties(grids, points);
}
#endif

}  // namespace

template <class Word>
std::array<int, 8> mask_penalties(const EightGrids<Word>& grids) {
    std::array<int, 8> points{};
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx2")) {
        add_penalties_avx2(grids, points);
        return points;
    }
#endif
    add_penalties(grids, points);
    return points;
}

template std::array<int, 8> mask_penalties(const EightGrids<std::uint32_t>&);
template std::array<int, 8> mask_penalties(const EightGrids<std::uint64_t>&);

}  // namespace qr
