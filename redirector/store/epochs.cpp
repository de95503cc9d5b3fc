#include "redirector/store/epochs.hpp"

#include <algorithm>

namespace redirector::store {

Epochs::Slot::Slot(Epochs& epochs) : epochs_(epochs) {
    const std::lock_guard lock(epochs_.mutex_);
    epochs_.slots_.push_back(this);
}

Epochs::Slot::~Slot() {
    const std::lock_guard lock(epochs_.mutex_);
    std::erase(epochs_.slots_, this);
}

// A reader that is found idle here but enters right now is no danger: its entry, and so its first
// look at a pointer, comes after this look in the one order of sequentially consistent operations,
// and the unlink came before it.
std::uint64_t Epochs::safe() const {
    std::uint64_t safe = now_.load();
    const std::lock_guard lock(mutex_);
    for (const Slot* slot : slots_)
        safe = std::min(safe, slot->entered_.load());
    return safe;
}

}  // namespace redirector::store
