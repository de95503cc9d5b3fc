#include "rules/bitmap.hpp"

#include <algorithm>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace rules {

bool RowSelection::add_alternatives(std::span<const Block* const> rows) {
    if (alternative_rows_ + rows.size() > kMaxRows || groups_ == ends_.size()) return false;
    std::copy(rows.begin(), rows.end(), alternatives_.begin() + alternative_rows_);
    alternative_rows_ += rows.size();
    ends_[groups_++] = static_cast<std::uint32_t>(alternative_rows_);
    return true;
}

namespace {

std::size_t find_portable(const RowSelection& rows,
                          std::size_t begin,
                          std::size_t end,
                          Block& survivors) {
    for (std::size_t block = begin; block < end; ++block) {
        Block all;
        all.words.fill(~std::uint64_t{0});
        for (const Block* row : rows.singles()) {
            for (std::size_t i = 0; i < all.words.size(); ++i) {
                all.words[i] &= row[block].words[i];
            }
        }
        std::size_t from = 0;
        for (const std::uint32_t to : rows.ends()) {
            Block any;
            for (; from < to; ++from) {
                const Block& row = rows.alternatives()[from][block];
                for (std::size_t i = 0; i < any.words.size(); ++i)
                    any.words[i] |= row.words[i];
            }
            for (std::size_t i = 0; i < all.words.size(); ++i)
                all.words[i] &= any.words[i];
        }
        survivors = all;
        for (const std::uint64_t word : all.words) {
            if (word != 0) return block;
        }
    }
    return end;
}

#if defined(__x86_64__)

__attribute__((target("avx2"))) std::size_t find_avx2(const RowSelection& rows,
                                                      std::size_t begin,
                                                      std::size_t end,
                                                      Block& survivors) {
    for (std::size_t block = begin; block < end; ++block) {
        __m256i low = _mm256_set1_epi64x(-1);
        __m256i high = low;
        for (const Block* row : rows.singles()) {
            const auto* words = reinterpret_cast<const __m256i*>(&row[block]);
            low = _mm256_and_si256(low, _mm256_load_si256(words));
            high = _mm256_and_si256(high, _mm256_load_si256(words + 1));
        }
        std::size_t from = 0;
        for (const std::uint32_t to : rows.ends()) {
            __m256i any_low = _mm256_setzero_si256();
            __m256i any_high = any_low;
            for (; from < to; ++from) {
                const auto* words =
                    reinterpret_cast<const __m256i*>(&rows.alternatives()[from][block]);
                any_low = _mm256_or_si256(any_low, _mm256_load_si256(words));
                any_high = _mm256_or_si256(any_high, _mm256_load_si256(words + 1));
            }
            low = _mm256_and_si256(low, any_low);
            high = _mm256_and_si256(high, any_high);
        }
        const __m256i either = _mm256_or_si256(low, high);
        if (_mm256_testz_si256(either, either) != 0) continue;
        auto* out = reinterpret_cast<__m256i*>(&survivors);
        _mm256_store_si256(out, low);
        _mm256_store_si256(out + 1, high);
        return block;
    }
    return end;
}

__attribute__((target("avx512f"))) std::size_t find_avx512(const RowSelection& rows,
                                                           std::size_t begin,
                                                           std::size_t end,
                                                           Block& survivors) {
    for (std::size_t block = begin; block < end; ++block) {
        __m512i all = _mm512_set1_epi64(-1);
        for (const Block* row : rows.singles()) {
            all = _mm512_and_si512(all, _mm512_load_si512(&row[block]));
        }
        std::size_t from = 0;
        for (const std::uint32_t to : rows.ends()) {
            __m512i any = _mm512_setzero_si512();
            for (; from < to; ++from) {
                any = _mm512_or_si512(any, _mm512_load_si512(&rows.alternatives()[from][block]));
            }
            all = _mm512_and_si512(all, any);
        }
        if (_mm512_test_epi64_mask(all, all) == 0) continue;
        _mm512_store_si512(&survivors, all);
        return block;
    }
    return end;
}

#endif

}  // namespace

std::vector<NamedKernel> survivor_kernels() {
    std::vector<NamedKernel> kernels = {{"portable", find_portable}};
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx2") != 0) kernels.push_back({"avx2", find_avx2});
    if (__builtin_cpu_supports("avx512f") != 0) kernels.push_back({"avx512", find_avx512});
#endif
    return kernels;
}

FindSurvivors find_survivors() {
    static const FindSurvivors kBest = survivor_kernels().back().find;
    return kBest;
}

}  // namespace rules
