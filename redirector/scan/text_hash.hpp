// Lets unordered maps keyed by strings be asked with views.
#pragma once

#include <cstddef>
#include <functional>
#include <string_view>

namespace redirector::scan {

struct TextHash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const noexcept {
        return std::hash<std::string_view>()(text);
    }
};

}  // namespace redirector::scan
