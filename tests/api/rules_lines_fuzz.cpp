// A line of `redirector rules eval`: any bytes get one line of JSON for an answer.
#include "redirector/api/rules_lines.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view line(reinterpret_cast<const char*>(data), size);
    const std::string answer = redirector::api::evaluate_line(line);
    if (!answer.starts_with('{') || answer.find('\n') != std::string::npos) std::abort();
    return 0;
}
