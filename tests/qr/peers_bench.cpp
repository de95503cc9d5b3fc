// The usual way, as a peer in bench/qr_bench: libqrencode's own splitter and symbol, drawn by cairo
// one module at a time. It lives here because only tests may include both libraries.
#include <benchmark/benchmark.h>
#include <cairo-pdf.h>
#include <cairo-svg.h>
#include <cairo.h>
#include <qrencode.h>
#ifdef WITH_QRCODEGEN
#include <qrcodegen/qrcodegen.hpp>
#endif

#include <memory>
#include <string>

namespace {

using Code = std::unique_ptr<QRcode, decltype(&QRcode_free)>;
using Surface = std::unique_ptr<cairo_surface_t, decltype(&cairo_surface_destroy)>;

std::string url_of(std::size_t number) {
    std::string digits = std::to_string(1'000'000'000 + number % 1'000'000'000);
    return "https://TN.GG/" + digits;
}

Code encoded(const std::string& url) {
    return {QRcode_encodeString(url.c_str(), 0, QR_ECLEVEL_Q, QR_MODE_8, 1), &QRcode_free};
}

cairo_status_t append(void* out, const unsigned char* bytes, unsigned size) {
    static_cast<std::string*>(out)->append(reinterpret_cast<const char*>(bytes), size);
    return CAIRO_STATUS_SUCCESS;
}

// A surface of one bit per pixel has no colour: paper is opaque there, and dark modules are
// cleared.
void draw(const QRcode& code, cairo_surface_t* surface, int size) {
    cairo_t* const context = cairo_create(surface);
    cairo_set_antialias(context, CAIRO_ANTIALIAS_NONE);
    cairo_set_source_rgb(context, 1, 1, 1);
    cairo_paint(context);
    cairo_set_source_rgb(context, 0, 0, 0);
    if (cairo_surface_get_type(surface) == CAIRO_SURFACE_TYPE_IMAGE)
        cairo_set_operator(context, CAIRO_OPERATOR_CLEAR);
    const int module = size / (code.width + 6);
    const int border = (size - module * code.width) / 2;
    for (int y = 0; y < code.width; ++y)
        for (int x = 0; x < code.width; ++x)
            if ((code.data[y * code.width + x] & 1) != 0)
                cairo_rectangle(context, border + x * module, border + y * module, module, module);
    cairo_fill(context);
    cairo_destroy(context);
}

void count_bytes(benchmark::State& state, std::size_t bytes) {
    state.counters["bytes"] =
        benchmark::Counter(static_cast<double>(bytes), benchmark::Counter::kAvgIterations);
}

void libqrencode_cairo_png(benchmark::State& state) {
    const int size = static_cast<int>(state.range(0));
    std::size_t number = 0;
    std::size_t bytes = 0;
    for (auto _ : state) {
        std::string out;
        const Code code = encoded(url_of(number++));
        const Surface surface(cairo_image_surface_create(CAIRO_FORMAT_A1, size, size),
                              &cairo_surface_destroy);
        draw(*code, surface.get(), size);
        cairo_surface_write_to_png_stream(surface.get(), append, &out);
        bytes += out.size();
    }
    count_bytes(state, bytes);
}
BENCHMARK(libqrencode_cairo_png)->Arg(95)->Arg(256)->Arg(800);

template <auto create>
void libqrencode_cairo_vector(benchmark::State& state) {
    constexpr int size = 95;
    std::size_t number = 0;
    std::size_t bytes = 0;
    for (auto _ : state) {
        std::string out;
        const Code code = encoded(url_of(number++));
        const Surface surface(create(append, &out, size, size), &cairo_surface_destroy);
        draw(*code, surface.get(), size);
        cairo_surface_finish(surface.get());
        bytes += out.size();
    }
    count_bytes(state, bytes);
}
BENCHMARK(libqrencode_cairo_vector<cairo_svg_surface_create_for_stream>)
    ->Name("libqrencode_cairo_svg/95");
BENCHMARK(libqrencode_cairo_vector<cairo_pdf_surface_create_for_stream>)
    ->Name("libqrencode_cairo_pdf/95");

void libqrencode_encode(benchmark::State& state) {
    std::size_t number = 0;
    for (auto _ : state)
        benchmark::DoNotOptimize(encoded(url_of(number++)));
}
BENCHMARK(libqrencode_encode);

#ifdef WITH_QRCODEGEN
void qrcodegen_encode(benchmark::State& state) {
    std::size_t number = 0;
    for (auto _ : state) {
        const std::string url = url_of(number++);
        benchmark::DoNotOptimize(
            qrcodegen::QrCode::encodeText(url.c_str(), qrcodegen::QrCode::Ecc::QUARTILE));
    }
}
BENCHMARK(qrcodegen_encode);
#endif

}  // namespace
