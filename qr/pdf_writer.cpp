#include "qr/pdf_writer.hpp"

#include <algorithm>

namespace qr {

PdfWriter::PdfWriter(std::string& out) {
    constexpr std::string_view first_line = "%PDF-1.4\n";
    out += first_line;
    written_ = first_line.size();
}

void PdfWriter::begin(std::size_t number, std::string& out) {
    offsets_.resize(std::max(offsets_.size(), number), 0);
    offsets_[number - 1] = written_;
    out += std::to_string(number);
    out += " 0 obj\n";
}

void PdfWriter::object(std::size_t number, std::string_view body, std::string& out) {
    const std::size_t start = out.size();
    begin(number, out);
    out += body;
    out += "\nendobj\n";
    written_ += out.size() - start;
}

void PdfWriter::stream(std::size_t number,
                       std::string_view content,
                       std::string& out,
                       std::string_view entries) {
    const std::size_t start = out.size();
    begin(number, out);
    out += "<<";
    out += entries;
    out += "/Length " + std::to_string(content.size()) + ">>\nstream\n";
    out += content;
    out += "\nendstream\nendobj\n";
    written_ += out.size() - start;
}

void PdfWriter::finish(std::size_t root, std::string& out) {
    const std::string size = std::to_string(offsets_.size() + 1);
    out += "xref\n0 " + size + "\n0000000000 65535 f \n";
    for (const std::uint64_t offset : offsets_) {
        const std::string digits = std::to_string(offset);
        out.append(10 - digits.size(), '0').append(digits);
        out += " 00000 n \n";
    }
    out += "trailer\n<</Size " + size + "/Root " + std::to_string(root) + " 0 R>>\nstartxref\n" +
           std::to_string(written_) + "\n%%EOF\n";
}

}  // namespace qr
