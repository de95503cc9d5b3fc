#include "redirector/load_place.hpp"

#include "redirector/text.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <fcntl.h>
#include <filesystem>
#include <unistd.h>

namespace redirector {
namespace {

constexpr std::string_view kFirstLine = "redirector load 1";
constexpr std::size_t kMaxWord = 80;
constexpr std::size_t kMaxPlace = 1024;

std::string_view take_line(std::string_view& text) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    return line;
}

bool take_word(std::string_view& text, std::string& word) {
    word = take_line(text);
    return !word.empty() && word.size() <= kMaxWord;
}

template <class Number>
bool take_number(std::string_view& text, Number& number) {
    const auto read = to_number<Number>(take_line(text));
    number = read.value_or(0);
    return read && number >= 0;
}

bool sync(const std::string& path, int flags) {
    const int descriptor = ::open(path.c_str(), flags | O_CLOEXEC);
    if (descriptor < 0) return false;
    const bool synced = ::fsync(descriptor) == 0;
    ::close(descriptor);
    return synced;
}

}  // namespace

std::string to_text(const LoadPlace& place) {
    std::string text(kFirstLine);
    text.append("\n").append(place.account).append("\n").append(place.seed);
    text.append("\n").append(std::to_string(place.created_at));
    text.append("\n").append(std::to_string(place.lines)).append("\n").append(place.digest);
    return text.append("\n").append(std::to_string(place.output_bytes)).append("\n");
}

std::optional<LoadPlace> parse_load_place(std::string_view text) {
    LoadPlace place;
    const bool good = text.ends_with('\n') && take_line(text) == kFirstLine &&
                      take_word(text, place.account) && take_word(text, place.seed) &&
                      take_number(text, place.created_at) && take_number(text, place.lines) &&
                      take_word(text, place.digest) && take_number(text, place.output_bytes) &&
                      text.empty();
    return good ? std::optional(std::move(place)) : std::nullopt;
}

std::optional<std::string> read_place_file(const std::string& path) {
    std::FILE* const file = std::fopen(path.c_str(), "rb");
    if (file == nullptr) return std::nullopt;
    std::array<char, kMaxPlace> bytes;
    const std::size_t read = std::fread(bytes.data(), 1, bytes.size(), file);
    std::fclose(file);
    return std::string(bytes.data(), read);
}

bool save_place(const LoadPlace& place, const std::string& path) {
    const std::string fresh = path + ".new";
    const std::string text = to_text(place);
    std::FILE* const file = std::fopen(fresh.c_str(), "wb");
    if (file == nullptr) return false;
    const bool written = std::fwrite(text.data(), 1, text.size(), file) == text.size() &&
                         std::fflush(file) == 0 && ::fsync(fileno(file)) == 0;
    const bool closed = std::fclose(file) == 0;
    if (!written || !closed || std::rename(fresh.c_str(), path.c_str()) != 0) return false;
    const std::string folder = std::filesystem::path(path).parent_path().string();
    return sync(folder.empty() ? "." : folder, O_RDONLY | O_DIRECTORY);
}

}  // namespace redirector
