#include "redirector/store/huge_pages.hpp"

#include <memory>
#include <new>
#include <sys/mman.h>

namespace redirector::store {
namespace {

constexpr std::size_t kHugePage = std::size_t{2} << 20;

}  // namespace

HugePages::HugePages(std::size_t bytes) : mapped_bytes_(bytes + kHugePage) {
    mapped_ = ::mmap(nullptr, mapped_bytes_, PROT_READ | PROT_WRITE,
                     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (mapped_ == MAP_FAILED) throw std::bad_alloc();
    data_ = mapped_;
    std::size_t room = mapped_bytes_;
    std::align(kHugePage, bytes, data_, room);
    // Refused, it is slower, and nothing else.
    ::madvise(data_, bytes, MADV_HUGEPAGE);
}

HugePages::~HugePages() {
    ::munmap(mapped_, mapped_bytes_);
}

}  // namespace redirector::store
