// The plainest entry that a cache can hold, for tests of what happens to entries.
#pragma once

#include "redirector/store/near_cache.hpp"

#include <cstddef>
#include <string>
#include <utility>

namespace redirector::testing {

class Text final : public store::CacheEntry {
  public:
    explicit Text(std::string text) : text_(std::move(text)) {}
    std::size_t bytes() const noexcept override { return sizeof *this + text_.capacity(); }
    const std::string& text() const { return text_; }

  private:
    std::string text_;
};

}  // namespace redirector::testing
