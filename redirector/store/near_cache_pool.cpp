#include "redirector/store/near_cache_pool.hpp"

#include <cstring>
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

CacheNodePool::CacheNodePool(std::size_t most)
    : most_(most), blocks_(std::make_unique<std::atomic<CacheNode*>[]>(most / kBlock + 1)) {}

CacheNodePool::~CacheNodePool() {
    for (const auto& block : owned_) {
        for (std::size_t i = 0; i < kBlock; ++i)
            block[i].clear();
    }
}

CacheNodePool::Number CacheNodePool::take() {
    if (free_ != CacheNode::kNone) return std::exchange(free_, at(free_).older);
    if (used_ > most_) return CacheNode::kNone;
    if (used_ / kBlock == owned_.size()) {
        owned_.push_back(std::make_unique<CacheNode[]>(kBlock));
        blocks_[owned_.size() - 1].store(owned_.back().get(), std::memory_order_relaxed);
    }
    return used_++;
}

void CacheNodePool::give(Number number) noexcept {
    at(number).older = free_;
    free_ = number;
}

}  // namespace redirector::store
