// Text of a short URL to the bytes of its image, by format and size, and each step on its own.
#include "qr/cost.hpp"
#include "qr/payload.hpp"
#include "qr/render.hpp"
#include "qr/sheet.hpp"
#include "qr/small_symbol.hpp"
#include "qr/symbol.hpp"

#include <benchmark/benchmark.h>

#include <string>
#include <vector>

namespace {

// Different IDs, so that no branch predictor or cache learns one symbol by heart.
class Urls {
  public:
    const std::string& next() {
        constexpr std::string_view characters = "ABCDEFGHKMNPQRSTUVWXY0123456789";
        state_ = state_ * 6364136223846793005U + 1442695040888963407U;
        std::uint64_t rest = state_ >> 8;
        for (std::size_t i = 14; i < url_.size(); ++i, rest /= characters.size())
            url_[i] = characters[rest % characters.size()];
        return url_;
    }

  private:
    std::uint64_t state_ = 1;
    std::string url_ = "https://TN.GG/0123456789";
};

void draw(benchmark::State& state, qr::Format format) {
    Urls urls;
    qr::Style style;
    style.width = style.height = static_cast<int>(state.range(0));
    std::string out;
    std::size_t bytes = 0;
    for (auto _ : state) {
        out.clear();
        if (!qr::draw(urls.next(), style, format, out)) state.SkipWithError("refused");
        bytes += out.size();
    }
    state.counters["bytes"] =
        benchmark::Counter(static_cast<double>(bytes), benchmark::Counter::kAvgIterations);
}

// What costs more than a default image: wide symbols, many dots, captions. `estimate_us` is what
// qr/cost.hpp says of it.
void draw_costly(benchmark::State& state, qr::Format format) {
    const std::string text =
        "https://TN.GG/" + std::string(static_cast<std::size_t>(state.range(1)), 'x');
    qr::Style style;
    style.unit = qr::Unit::mm;
    style.dpi = 300;
    style.width = style.height = static_cast<int>(state.range(0));
    style.caption = std::string(static_cast<std::size_t>(state.range(2)), 'A');
    std::string out;
    for (auto _ : state) {
        out.clear();
        if (!qr::draw(text, style, format, out)) state.SkipWithError("refused");
    }
    state.counters["estimate_us"] =
        static_cast<double>(qr::drawing_cost(text, style, format).count()) / 1e3;
}
BENCHMARK_CAPTURE(draw_costly, png, qr::Format::png)
    ->ArgNames({"dots", "id", "caption"})
    ->Args({2400, 6, 0})
    ->Args({400, 40, 0})
    ->Args({2400, 40, 40})
    ->Args({400, 100, 0})
    ->Args({800, 400, 0});
BENCHMARK_CAPTURE(draw_costly, svg, qr::Format::svg)
    ->ArgNames({"dots", "id", "caption"})
    ->Args({400, 6, 40})
    ->Args({400, 40, 0})
    ->Args({400, 100, 0});

BENCHMARK_CAPTURE(draw, png, qr::Format::png)->Arg(95)->Arg(256)->Arg(800);
BENCHMARK_CAPTURE(draw, svg, qr::Format::svg)->Arg(95);
BENCHMARK_CAPTURE(draw, pdf, qr::Format::pdf)->Arg(95);
BENCHMARK_CAPTURE(draw, eps, qr::Format::eps)->Arg(95);

void plan(benchmark::State& state) {
    Urls urls;
    for (auto _ : state)
        benchmark::DoNotOptimize(qr::plan(urls.next(), qr::Level::q));
}
BENCHMARK(plan);

void encode(benchmark::State& state) {
    Urls urls;
    for (auto _ : state)
        benchmark::DoNotOptimize(qr::encode(urls.next(), qr::Level::q));
}
BENCHMARK(encode);

void encode_with_fixed_mask(benchmark::State& state) {
    Urls urls;
    for (auto _ : state) {
        const auto& url = urls.next();
        benchmark::DoNotOptimize(
            qr::encode_small(url, *qr::plan(url, qr::Level::q), qr::Level::q, 3));
    }
}
BENCHMARK(encode_with_fixed_mask);

void etag(benchmark::State& state) {
    Urls urls;
    for (auto _ : state)
        benchmark::DoNotOptimize(qr::etag(urls.next(), qr::Style{}, qr::Format::png));
}
BENCHMARK(etag);

void parse_style(benchmark::State& state) {
    const std::vector<qr::Parameter> parameters{{"w", "200"}, {"ecc", "q"}, {"fg", "036"}};
    for (auto _ : state)
        benchmark::DoNotOptimize(qr::parse_style(parameters));
}
BENCHMARK(parse_style);

// A sheet of so many labels with captions, taken away label by label.
void sheet(benchmark::State& state) {
    Urls urls;
    std::size_t bytes = 0;
    for (auto _ : state) {
        std::string out;
        qr::Sheet labels(qr::sheet_presets()[0].layout, qr::Style{}, out);
        for (std::int64_t i = 0; i < state.range(0); ++i) {
            const std::string& url = urls.next();
            if (!labels.add(url, url.substr(14), out)) state.SkipWithError("refused");
            bytes += out.size();
            out.clear();
        }
        labels.finish(out);
        bytes += out.size();
    }
    state.counters["bytes"] =
        benchmark::Counter(static_cast<double>(bytes), benchmark::Counter::kAvgIterations);
}
BENCHMARK(sheet)->Arg(10'000)->Unit(benchmark::kMillisecond);

void url_alone(benchmark::State& state) {
    Urls urls;
    for (auto _ : state)
        benchmark::DoNotOptimize(urls.next());
}
BENCHMARK(url_alone);

}  // namespace
