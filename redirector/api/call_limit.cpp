#include "redirector/api/call_limit.hpp"

#include <utility>

namespace redirector::api {

CallLimit::Place::Place(Place&& other) noexcept
    : limit_(std::exchange(other.limit_, nullptr)), account_(std::move(other.account_)) {}

CallLimit::Place::~Place() {
    if (limit_ == nullptr) return;
    limit_->open_.fetch_sub(1);
    if (account_.empty()) return;
    const std::lock_guard lock(limit_->mutex_);
    const auto own = limit_->open_of_.find(account_);
    if (--own->second == 0) limit_->open_of_.erase(own);
}

bool CallLimit::Place::charge(const std::string& account) {
    if (limit_->of_account_ == 0) return true;
    const std::lock_guard lock(limit_->mutex_);
    std::uint32_t& open = limit_->open_of_[account];
    if (open >= limit_->of_account_) {
        limit_->refused_.fetch_add(1);
        return false;
    }
    ++open;
    account_ = account;
    return true;
}

std::optional<CallLimit::Place> CallLimit::enter() {
    if (open_.fetch_add(1) < of_all_ || of_all_ == 0) return Place(*this);
    open_.fetch_sub(1);
    refused_.fetch_add(1);
    return std::nullopt;
}

}  // namespace redirector::api
