#include "redirector/scan/recovery.hpp"

#include <algorithm>
#include <cerrno>
#include <system_error>
#include <tuple>
#include <utility>

namespace redirector::scan {
namespace {

namespace fs = std::filesystem;

// A segment whose creation was cut short holds nothing but zero bytes.
bool all_zero(const SegmentFile::Error& error, const fs::path& path) {
    if (error.value() != EBADMSG && error.value() != EIO) return false;
    std::error_code ignored;
    if (fs::file_size(path, ignored) == 0) return true;
    if (error.value() != EBADMSG) return false;
    std::FILE* file = std::fopen(path.c_str(), "rb");
    if (file == nullptr) return false;
    bool zero = true;
    char block[4096];
    for (std::size_t n; zero && (n = std::fread(block, 1, sizeof block, file)) > 0;)
        zero = std::all_of(block, block + n, [](char c) { return c == 0; });
    std::fclose(file);
    return zero;
}

auto order(const SegmentFile& segment) {
    const SegmentHeader& h = segment.header();
    return std::tie(h.node, h.lane, h.epoch, h.first_seq);
}

void take(const fs::path& path, Left& left) {
    std::error_code ignored;
    auto segment = SegmentFile::open_left(path);
    if (!segment) {
        if (all_zero(segment.error(), path)) {
            fs::remove(path, ignored);
            return;
        }
        const fs::path bad = path.string() + ".bad";
        fs::rename(path, bad, ignored);
        left.bad.push_back(bad.string());
        return;
    }
    left.highest_epoch =
        std::max({left.highest_epoch, (*segment)->header().epoch, (*segment)->claim()});
    if ((*segment)->header().first_seq == 0) {
        (*segment)->remove();
    } else {
        left.segments.push_back(*std::move(segment));
    }
}

}  // namespace

Left find_left(const fs::path& directory) {
    std::vector<fs::path> paths;
    for (const auto& entry : fs::directory_iterator(directory))
        paths.push_back(entry.path());
    Left left;
    std::error_code ignored;
    for (const fs::path& path : paths) {
        if (path.extension() == ".new") fs::remove(path, ignored);
        if (path.extension() == ".seg") take(path, left);
    }
    std::sort(left.segments.begin(), left.segments.end(),
              [](const auto& a, const auto& b) { return order(*a) < order(*b); });
    return left;
}

}  // namespace redirector::scan
