#include "redirector/label_writing.hpp"

#include "redirector/logo_codes.hpp"
#include "redirector/progress_bar.hpp"
#include "redirector/store/ids.hpp"

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <optional>
#include <unordered_set>

namespace redirector {
namespace {

constexpr std::size_t kFlushSize = 65'536;
constexpr std::size_t kMaxName = 40;
constexpr int kNumberDigits = 6;

bool is_name(std::string_view text) {
    const auto is_letter = [](char c) {
        return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
               c == '-' || c == '_';
    };
    return !text.empty() && text.size() <= kMaxName && std::ranges::all_of(text, is_letter);
}

// The file under another name until it is whole, or standard output.
class Output {
  public:
    explicit Output(const std::string& path)
        : path_(path),
          file_(path.empty() ? stdout : std::fopen((path + kSuffix).c_str(), "wb"), &close) {}
    ~Output() {
        if (path_.empty() || !file_) return;
        file_.reset();
        std::error_code ignored;
        std::filesystem::remove(path_ + kSuffix, ignored);
    }
    Output(const Output&) = delete;
    Output& operator=(const Output&) = delete;

    bool good() const { return file_ != nullptr && !failed_; }
    std::uint64_t written() const { return written_; }

    void take(std::string& bytes) {
        failed_ =
            failed_ || std::fwrite(bytes.data(), 1, bytes.size(), file_.get()) != bytes.size();
        written_ += bytes.size();
        bytes.clear();
    }
    bool finish() {
        failed_ = std::fflush(file_.get()) != 0 || failed_;
        if (failed_ || path_.empty()) return !failed_;
        file_.reset();
        return std::rename((path_ + kSuffix).c_str(), path_.c_str()) == 0;
    }

  private:
    static constexpr const char* kSuffix = ".part";

    static void close(std::FILE* file) {
        if (file != stdout) std::fclose(file);
    }

    std::string path_;
    std::unique_ptr<std::FILE, void (*)(std::FILE*)> file_;
    std::uint64_t written_ = 0;
    bool failed_ = false;
};

// Bytes of the input; 0: not known (a pipe).
double size_of(std::istream& input) {
    double size = 0;
    input.seekg(0, std::ios::end);
    if (input) size = static_cast<double>(input.tellg());
    input.clear();
    if (size > 0) input.seekg(0);
    return std::max(size, 0.0);
}

struct Line {
    std::string text;
    std::string name;
};

// Empty: the line is good.
std::string read_line(std::string_view raw, std::size_t number, std::string_view base, Line& line) {
    const std::size_t tab = raw.find('\t');
    const std::string_view text = raw.substr(0, tab);
    line.text.assign(base).append(text);
    if (!base.empty() && !store::is_short_id(text))
        return "\"" + std::string(text.substr(0, kMaxName)) + "\" is no short ID";
    if (tab != raw.npos) {
        line.name = raw.substr(tab + 1);
        if (is_name(line.name)) return {};
        return "a name must be 1 to " + std::to_string(kMaxName) + " of A-Z a-z 0-9 - _";
    }
    line.name = text.substr(text.rfind('/') + 1);
    if (is_name(line.name)) return {};
    line.name = std::to_string(number);
    if (line.name.size() < kNumberDigits)
        line.name.insert(0, kNumberDigits - line.name.size(), '0');
    return {};
}

// Adds every line; empty: all are in the file. `written.line` is the line last looked at.
std::string add_lines(const LabelWriting& writing,
                      std::istream& lines,
                      qr::LabelFile& file,
                      std::string& buffer,
                      Output& output,
                      WrittenLabels& written) {
    const double size = writing.progress ? size_of(lines) : 0;
    ProgressBar bar(writing.progress, "labels");
    const auto part = [size](std::size_t bytes) {
        return size > 0 ? std::optional(static_cast<double>(bytes) / size) : std::nullopt;
    };
    std::unordered_set<std::string> names;
    LabelTrial trial(writing.order);
    std::size_t bytes_read = 0;
    Line line;
    for (std::string raw; std::getline(lines, raw);) {
        ++written.line;
        bytes_read += raw.size() + 1;
        if (raw.ends_with('\r')) raw.pop_back();
        if (raw.empty()) continue;
        std::string problem = read_line(raw, written.line, writing.payload_base, line);
        if (!problem.empty()) return problem;
        if (writing.order.zip && !names.insert(line.name).second)
            return "\"" + line.name +
                   "\" is the name of an earlier line, and a ZIP takes one of each";
        if (const auto unreadable = trial.check(line.text)) return unreadable->message;
        if (const auto added = file.add(line.text, line.name, buffer); !added)
            return added.error().message;
        ++written.labels;
        if (buffer.size() >= kFlushSize) output.take(buffer);
        if (!output.good()) return {};
        bar.show(part(bytes_read), written.labels);
    }
    bar.show(part(bytes_read), written.labels, true);
    written.line = 0;
    return written.labels > 0 ? "" : "there are no labels: the input has no lines";
}

}  // namespace

WrittenLabels write_labels(const LabelWriting& writing, std::istream& lines) {
    WrittenLabels written;
    Output output(writing.output);
    const std::string cannot_write = "--output: cannot write \"" + writing.output + "\"";
    if (!output.good()) {
        written.problem = cannot_write;
        return written;
    }
    std::string buffer;
    qr::LabelFile file(writing.order, buffer);
    written.problem = add_lines(writing, lines, file, buffer, output, written);
    if (!written.problem.empty()) return written;
    file.finish(buffer);
    output.take(buffer);
    written.bytes = output.written();
    if (output.finish()) return written;
    written.problem = cannot_write;
    written.line = 0;
    return written;
}

}  // namespace redirector
