// Zeroed memory for a large table, in huge pages where the kernel has them: a look-up that lands
// anywhere in it costs a cache miss, and no walk through page tables besides.
// Shape:   the addresses are reserved at once, memory is taken as it is touched.
// Units:   bytes.
// Errors:  std::bad_alloc.
// Source:  madvise(2), MADV_HUGEPAGE.
#pragma once

#include <cstddef>

namespace redirector::store {

class HugePages {
  public:
    explicit HugePages(std::size_t bytes);
    ~HugePages();
    HugePages(const HugePages&) = delete;
    HugePages& operator=(const HugePages&) = delete;

    void* data() const noexcept { return data_; }

  private:
    void* mapped_;
    std::size_t mapped_bytes_;
    void* data_;
};

}  // namespace redirector::store
