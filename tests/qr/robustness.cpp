// Robustness: how many distorted images of a generator two readers still read, beside other
// generators. Usage: qr_robustness FOLDER. FOLDER/texts.txt holds one text a line; each sub-folder
// is a generator, its file <n>.png the code of line n (from 0). Our own codes are drawn here, at 95
// x 95. Prints a table. Exit status 0 when ours are read at least as often as any generator's, else
// 1.
#include "qr/render.hpp"
#include "tests/qr/image.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <numbers>
#include <random>
#include <string>
#include <vector>

namespace {

using qr_tests::Image;

double clamped(const Image& image, int x, int y) {
    return image.at(std::clamp(x, 0, image.width - 1), std::clamp(y, 0, image.height - 1));
}

// The grey value between pixels; paper beyond the edges.
double between(const Image& image, double x, double y, double paper) {
    if (x < -0.5 || y < -0.5 || x > image.width - 0.5 || y > image.height - 0.5) return paper;
    const int left = static_cast<int>(std::floor(x));
    const int top = static_cast<int>(std::floor(y));
    const double right_share = x - left;
    const double lower_share = y - top;
    const double upper =
        clamped(image, left, top) * (1 - right_share) + clamped(image, left + 1, top) * right_share;
    const double lower = clamped(image, left, top + 1) * (1 - right_share) +
                         clamped(image, left + 1, top + 1) * right_share;
    return upper * (1 - lower_share) + lower * lower_share;
}

template <class Grey>
Image made(int width, int height, Grey grey) {
    Image image{width, height, {}};
    for (int y = 0; y < height; ++y)
        for (int x = 0; x < width; ++x)
            image.grey.push_back(
                static_cast<std::uint8_t>(std::clamp(std::lround(grey(x, y)), 0L, 255L)));
    return image;
}

// Means of the source area under each pixel when made smaller, values between pixels when made
// larger.
Image resized(const Image& image, double factor) {
    const int width = static_cast<int>(std::lround(image.width * factor));
    const int height = static_cast<int>(std::lround(image.height * factor));
    const int samples = factor < 1 ? 4 : 1;
    return made(width, height, [&](int x, int y) {
        double sum = 0;
        for (int i = 0; i < samples; ++i)
            for (int k = 0; k < samples; ++k)
                sum += between(image, (x + (k + 0.5) / samples) / factor - 0.5,
                               (y + (i + 0.5) / samples) / factor - 0.5, 255);
        return sum / (samples * samples);
    });
}

Image rotated(const Image& image, double degrees, double paper = 255) {
    const double angle = degrees * std::numbers::pi / 180;
    const double c = std::cos(angle);
    const double s = std::sin(angle);
    const int width =
        static_cast<int>(std::ceil(image.width * std::abs(c) + image.height * std::abs(s)));
    const int height =
        static_cast<int>(std::ceil(image.width * std::abs(s) + image.height * std::abs(c)));
    return made(width, height, [&](int x, int y) {
        const double dx = x - (width - 1) / 2.0;
        const double dy = y - (height - 1) / 2.0;
        return between(image, c * dx + s * dy + (image.width - 1) / 2.0,
                       c * dy - s * dx + (image.height - 1) / 2.0, paper);
    });
}

Image blurred(const Image& image, double sigma) {
    const int reach = static_cast<int>(std::ceil(3 * sigma));
    std::vector<double> weight;
    double sum = 0;
    for (int i = -reach; i <= reach; ++i)
        sum += weight.emplace_back(std::exp(-i * i / (2 * sigma * sigma)));
    const auto pass = [&](const Image& from, int across, int down) {
        return made(from.width, from.height, [&](int x, int y) {
            double grey = 0;
            for (int i = -reach; i <= reach; ++i)
                grey += weight[static_cast<std::size_t>(i + reach)] *
                        clamped(from, x + i * across, y + i * down);
            return grey / sum;
        });
    };
    return pass(pass(image, 1, 0), 0, 1);
}

Image noisy(const Image& image, double sigma) {
    std::mt19937 random(42);
    std::normal_distribution<double> noise(0, sigma);
    return made(image.width, image.height,
                [&](int x, int y) { return image.at(x, y) + noise(random); });
}

// The upper edge further away: as seen from below, `depth` 0 to 0.5.
Image tilted(const Image& image, double depth) {
    return made(image.width, image.height, [&](int x, int y) {
        const double far = 1 - depth * (1 - static_cast<double>(y) / image.height);
        const double from_x = (x - image.width / 2.0) / far + image.width / 2.0;
        return between(image, from_x, y, 255);
    });
}

Image faded(const Image& image, double dark, double light) {
    return made(image.width, image.height,
                [&](int x, int y) { return dark + (light - dark) * image.at(x, y) / 255; });
}

Image covered(const Image& image, double share) {
    const int side = static_cast<int>(image.width * share);
    const int begin = (image.width - side) / 2;
    return made(image.width, image.height, [&](int x, int y) {
        const bool inside = x >= begin && x < begin + side && y >= begin && y < begin + side;
        return inside ? 255.0 : image.at(x, y);
    });
}

// On a grey table, turned, out of focus, and larger, as a phone sees it.
Image photographed(const Image& image, double degrees, double sigma) {
    return blurred(rotated(resized(image, 1.7), degrees, 110), sigma);
}

struct Distortion {
    const char* name;
    std::function<Image(const Image&)> apply;
};

std::vector<Distortion> distortions() {
    std::vector<Distortion> all{{"none", [](const Image& image) { return image; }}};
    for (const double f : {0.5, 0.75, 1.37, 2.5})
        all.push_back({"resized", [f](const Image& i) { return resized(i, f); }});
    for (const double d : {5., 15., 30., 45., 90.})
        all.push_back({"rotated", [d](const Image& i) { return rotated(i, d); }});
    for (const double s : {0.6, 1., 1.4, 1.8, 2.2})
        all.push_back({"blurred", [s](const Image& i) { return blurred(i, s); }});
    for (const double s : {30., 60., 90.})
        all.push_back({"noisy", [s](const Image& i) { return noisy(i, s); }});
    for (const double d : {0.1, 0.2, 0.3})
        all.push_back({"tilted", [d](const Image& i) { return tilted(i, d); }});
    all.push_back({"faded", [](const Image& i) { return faded(i, 110, 160); }});
    all.push_back({"covered", [](const Image& i) { return covered(i, 0.12); }});
    for (const double d : {8., 25.})
        all.push_back({"photographed", [d](const Image& i) { return photographed(i, d, 1.5); }});
    return all;
}

std::string read_file(const std::filesystem::path& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

struct Score {
    int zxing = 0;
    int zbar = 0;
    int tries = 0;
    [[nodiscard]] int total() const { return zxing + zbar; }
};

Score score_of(const std::string& name,
               const std::vector<std::string>& texts,
               const std::vector<Image>& images) {
    Score score;
    for (const auto& distortion : distortions())
        for (std::size_t i = 0; i < texts.size(); ++i) {
            const Image image = distortion.apply(images[i]);
            score.zxing += qr_tests::read_with_zxing(image) == texts[i] ? 1 : 0;
            score.zbar += qr_tests::read_with_zbar(image) == texts[i] ? 1 : 0;
            ++score.tries;
        }
    std::printf("%-16s %4d x %-4d ZXing %3d  zbar %3d  of %d each\n", name.c_str(), images[0].width,
                images[0].height, score.zxing, score.zbar, score.tries);
    return score;
}

std::vector<Image> our_images(const std::vector<std::string>& texts) {
    std::vector<Image> images;
    for (const auto& text : texts) {
        std::string file;
        if (qr::draw(text, qr::Style{}, qr::Format::png, file))
            images.push_back(qr_tests::decode_png(file));
    }
    return images;
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 2) {
        std::fprintf(stderr, "usage: %s FOLDER\n", argv[0]);
        return 2;
    }
    const std::filesystem::path folder = argv[1];
    std::vector<std::string> texts;
    std::ifstream lines(folder / "texts.txt");
    for (std::string line; std::getline(lines, line);)
        texts.push_back(line);
    if (texts.empty()) {
        std::fprintf(stderr, "%s: no texts\n", argv[1]);
        return 2;
    }
    const Score ours = score_of("ours", texts, our_images(texts));
    bool best = true;
    int generators = 0;
    for (const auto& entry : std::filesystem::directory_iterator(folder)) {
        if (!entry.is_directory()) continue;
        std::vector<Image> images;
        for (std::size_t i = 0; i < texts.size(); ++i)
            images.push_back(
                qr_tests::decode_png(read_file(entry.path() / (std::to_string(i) + ".png"))));
        best = best &&
               score_of(entry.path().filename().string(), texts, images).total() <= ours.total();
        ++generators;
    }
    return best && generators > 0 ? 0 : 1;
}
