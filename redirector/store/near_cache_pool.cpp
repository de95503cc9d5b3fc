#include "redirector/store/near_cache_pool.hpp"

#include <cstring>
#include <memory>
#include <utility>

namespace redirector::store {

std::size_t CacheNode::key_bytes(std::size_t size) noexcept {
    return size <= sizeof key_ ? 0 : heap_bytes(size);
}

const char* CacheNode::long_key() const noexcept {
    const char* text = nullptr;
    std::memcpy(&text, key_, sizeof text);
    return text;
}

void CacheNode::set_key(std::string_view key) {
    key_size = static_cast<std::uint16_t>(key.size());
    if (key.size() <= sizeof key_) {
        std::memcpy(key_, key.data(), key.size());
        return;
    }
    char* copy = new char[key.size()];
    std::memcpy(copy, key.data(), key.size());
    std::memcpy(key_, &copy, sizeof copy);
}

void CacheNode::clear() noexcept {
    if (entry != nullptr) intrusive_ptr_release(std::exchange(entry, nullptr));
    if (key_size > sizeof key_) delete[] long_key();
    key_size = 0;
}

CacheNodes::CacheNodes(std::size_t blocks)
    : end_((blocks + 1) * kBlock), memory_(end_ * sizeof(CacheNode)) {
    std::uninitialized_default_construct_n(slots(), kBlock);
}

CacheNodes::~CacheNodes() {
    const std::size_t used = used_.load();
    for (std::size_t i = 0; i < used; ++i)
        slots()[i].clear();
}

CacheNodes::Number CacheNodes::take_block() noexcept {
    std::size_t first = used_.load();
    do {
        if (first == end_) return CacheNode::kNone;
    } while (!used_.compare_exchange_weak(first, first + kBlock));
    std::uninitialized_default_construct_n(slots() + first, kBlock);
    return static_cast<Number>(first);
}

CacheNodePool::Number CacheNodePool::take() {
    if (free_ != CacheNode::kNone) return std::exchange(free_, at(free_).older);
    if (taken_ == most_) return CacheNode::kNone;
    if (taken_ % CacheNodes::kBlock == 0) fresh_ = nodes_.take_block();
    if (fresh_ == CacheNode::kNone) return CacheNode::kNone;
    ++taken_;
    return fresh_++;
}

void CacheNodePool::give(Number number) noexcept {
    at(number).older = free_;
    free_ = number;
}

}  // namespace redirector::store
