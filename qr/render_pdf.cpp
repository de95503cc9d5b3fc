// PDF 1.4 (ISO 32000-1) of one page whose units are pixels, one path for the symbol. Nothing is
// compressed: the file stays under 2 KB and takes a few microseconds. There is no date and no /ID,
// so the bytes depend on the input alone.
#include "qr/boxes.hpp"
#include "qr/render_formats.hpp"
#include "qr/text_writer.hpp"

#include <array>
#include <cstddef>

namespace qr {
namespace {

// A channel as a share of 1 with three digits, which tell all 256 values apart.
void append_share(std::string& out, int channel) {
    const int thousandths = (channel * 1000 + 127) / 255;
    if (thousandths == 1000) {
        out += '1';
    } else {
        out += '.';
        for (const int digit : {thousandths / 100, thousandths / 10 % 10, thousandths % 10})
            out += static_cast<char>('0' + digit);
    }
    out += ' ';
}

void append_fill_color(std::string& out, const Color& color) {
    append_share(out, color.red);
    append_share(out, color.green);
    append_share(out, color.blue);
    out += "rg\n";
}

constexpr std::size_t kLongestBox = std::string_view("176 176 177 177 re\n").size();

void append_boxes(std::string& content, const std::vector<Box>& boxes) {
    TextWriter writer(content, boxes.size() * kLongestBox);
    for (const Box& box : boxes) {
        for (const int number : {box.x, box.y, box.width, box.height}) {
            writer.put_small(number);
            writer.put(' ');
        }
        writer.put("re\n");
    }
}

// The y axis of PDF points up; the matrix turns it down and makes a module the unit.
std::string page_content(const Symbol& symbol, const Style& style, const Layout& layout) {
    std::string content;
    content.reserve(4096);
    if (!style.bg.transparent) {
        append_fill_color(content, style.bg);
        content +=
            "0 0 " + std::to_string(style.width) + ' ' + std::to_string(style.height) + " re f\n";
    }
    append_fill_color(content, style.fg);
    content += std::to_string(layout.module) + " 0 0 " + std::to_string(-layout.module) + ' ' +
               std::to_string(layout.left) + ' ' + std::to_string(style.height - layout.top) +
               " cm\n";
    append_boxes(content, boxes_of(symbol));
    content += "f\n";
    return content;
}

constexpr int kObjects = 4;

}  // namespace

void render_pdf(const Symbol& symbol, const Style& style, const Layout& layout, std::string& out) {
    const std::size_t start = out.size();
    std::array<std::size_t, kObjects> offset{};
    const std::string content = page_content(symbol, style, layout);
    out += "%PDF-1.4\n";
    offset[0] = out.size() - start;
    out += "1 0 obj\n<</Type/Catalog/Pages 2 0 R>>\nendobj\n";
    offset[1] = out.size() - start;
    out += "2 0 obj\n<</Type/Pages/Kids[3 0 R]/Count 1>>\nendobj\n";
    offset[2] = out.size() - start;
    out += "3 0 obj\n<</Type/Page/Parent 2 0 R/MediaBox[0 0 " + std::to_string(style.width) + ' ' +
           std::to_string(style.height) + "]/Resources<<>>/Contents 4 0 R>>\nendobj\n";
    offset[3] = out.size() - start;
    out += "4 0 obj\n<</Length " + std::to_string(content.size()) + ">>\nstream\n";
    out += content;
    out += "endstream\nendobj\n";
    const std::size_t table = out.size() - start;
    out += "xref\n0 5\n0000000000 65535 f \n";
    for (const std::size_t at : offset) {
        const std::string digits = std::to_string(at);
        out.append(10 - digits.size(), '0').append(digits).append(" 00000 n \n");
    }
    out += "trailer\n<</Size 5/Root 1 0 R>>\nstartxref\n" + std::to_string(table) + "\n%%EOF\n";
}

}  // namespace qr
