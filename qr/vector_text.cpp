#include "qr/vector_text.hpp"

#include "qr/boxes.hpp"
#include "qr/text_writer.hpp"

#include <charconv>

namespace qr {
namespace {

// Three decimals tell all 256 values of a channel apart.
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

}  // namespace

double points_per_pixel(const Style& style) {
    return style.dpi ? 72.0 / *style.dpi : 1.0;
}

void append_decimal(std::string& out, double number) {
    char digits[32];
    const auto end =
        std::to_chars(digits, digits + sizeof digits, number, std::chars_format::fixed, 6).ptr;
    std::string_view text(digits, static_cast<std::size_t>(end - digits));
    text = text.substr(0, text.find_last_not_of('0') + 1);
    if (text.ends_with('.')) text.remove_suffix(1);
    out += text;
}

void append_rgb(std::string& out, const Color& color) {
    append_share(out, color.red);
    append_share(out, color.green);
    append_share(out, color.blue);
}

void append_boxes(std::string& out, const Grid& grid, std::string_view end) {
    constexpr std::size_t longest_numbers = std::string_view("176 176 177 177 ").size();
    const auto boxes = boxes_of(grid);
    TextWriter writer(out, boxes.size() * (longest_numbers + end.size() + 1));
    for (const Box& box : boxes) {
        for (const int number : {box.x, box.y, box.width, box.height}) {
            writer.put_small(number);
            writer.put(' ');
        }
        writer.put(end);
        writer.put('\n');
    }
}

void append_module_matrix(std::string& out, int module, int left, int top, int height) {
    out += std::to_string(module) + " 0 0 " + std::to_string(-module) + ' ' + std::to_string(left) +
           ' ' + std::to_string(height - top);
}

}  // namespace qr
