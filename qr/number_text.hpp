// Text of numbers for the vector formats, appended without locale or allocation.
#pragma once

#include <charconv>
#include <string>

namespace qr {

inline void append_number(std::string& out, int number) {
    char digits[12];
    out.append(digits, std::to_chars(digits, digits + sizeof digits, number).ptr);
}

}  // namespace qr
