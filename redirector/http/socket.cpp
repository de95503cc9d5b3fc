#include "redirector/http/socket.hpp"

#include <boost/asio/detail/reactor.hpp>
#include <boost/asio/detail/reactor_op.hpp>
#include <boost/version.hpp>

namespace redirector::http {

using boost::system::error_code;
namespace detail = net::detail;

static_assert(BOOST_VERSION / 100 == 1081,
              "read epoll_reactor's start_op and perform_io again before allowing this Boost");

// An operation in the reactor's queue that receives nothing itself. When the loop is destroyed with
// it, or a socket goes while it waits, it outlives the socket until the reactor lets go of it.
class Socket::Wait final : public detail::reactor_op {
  public:
    Wait() : reactor_op(error_code(), &Wait::perform, &Wait::complete) {}

    Readable* readable = nullptr;  // null once the socket is gone
    bool queued = false;
    bool starting = false;

  private:
    // Asked at the start, where the answer is that nothing is there, and then at every event.
    static status perform(reactor_op* op) {
        return static_cast<Wait*>(op)->starting ? not_done : done;
    }

    // `owner` is null when the loop is destroyed instead of run.
    static void complete(void* owner,
                         detail::scheduler_operation* op,
                         const error_code& /*error*/,
                         std::size_t /*bytes*/) {
        auto* const wait = static_cast<Wait*>(op);
        wait->queued = false;
        if (wait->readable == nullptr) {
            delete wait;
        } else if (owner != nullptr) {
            const error_code error = wait->ec_;
            wait->readable->on_readable(error);
        }
    }
};

Socket::~Socket() {
    if (wait_ == nullptr) return;
    wait_->readable = nullptr;
    if (!wait_->queued) delete wait_;  // else the reactor completes it when the base closes
}

void Socket::wait_readable(Readable& readable) {
    if (wait_ == nullptr) wait_ = new Wait;
    wait_->readable = &readable;
    wait_->ec_ = {};
    wait_->queued = wait_->starting = true;
    auto& state = impl_.get_implementation();
    auto& reactor = net::use_service<detail::reactor>(get_executor().context());
    reactor.start_op(detail::reactor::read_op, state.socket_, state.reactor_data_, wait_,
                     /*is_continuation=*/true, /*allow_speculative=*/true);
    wait_->starting = false;
}

bool Socket::waiting() const {
    return wait_ != nullptr && wait_->queued;
}

}  // namespace redirector::http
