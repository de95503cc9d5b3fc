// Any bytes, to the finished session: the answers must be whole HTTP replies, the session must end,
// and it must not matter where the bytes were cut. The first byte of an input says where.
#include "redirector/http/session.hpp"
#include "redirector/http/turn.hpp"
#include "redirector/http/wire.hpp"
#include "tests/http/stub_app.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <string>
#include <string_view>
#include <sys/socket.h>
#include <unistd.h>

namespace redirector::http {
namespace {

void require(bool condition, const char* promise) {
    if (condition) return;
    std::fprintf(stderr, "broken promise: %s\n", promise);
    std::abort();
}

struct Ended {
    bool* done;
    void operator()(std::exception_ptr exception) const {
        require(exception == nullptr, "a session throws nothing");
        *done = true;
    }
};

// A session on one end of a pair of sockets, and the client that holds the other.
class Exchange {
  public:
    Exchange() {
        std::array<int, 2> ends{};
        require(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends.data()) == 0, "a socket");
        client_ = ends[0];
        Socket::Base socket(context_);
        socket.assign(net::ip::tcp::v4(), ends[1]);
        session_ = std::make_unique<Session>(std::move(socket), IpAddress{}, shared_);
        net::co_spawn(context_.get_executor(), session_->serve(false), Ended{&done_});
    }
    ~Exchange() { close(client_); }
    Exchange(const Exchange&) = delete;
    Exchange& operator=(const Exchange&) = delete;

    void send(std::string_view bytes) {
        while (!bytes.empty() && !done_) {
            const ssize_t sent = ::send(client_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
            if (sent > 0) bytes.remove_prefix(static_cast<std::size_t>(sent));
            poll();
        }
    }

    std::string finish() {
        shutdown(client_, SHUT_WR);
        for (int turns = 0; !done_; ++turns) {
            poll();
            require(turns < 100'000, "a session ends once its client sends no more");
        }
        receive();
        return replies_;
    }

  private:
    void poll() {
        context_.restart();
        context_.poll();
        receive();
    }
    void receive() {
        std::array<char, 64 * 1024> bytes;
        ssize_t size = 0;
        while ((size = recv(client_, bytes.data(), bytes.size(), 0)) > 0) {
            replies_.append(bytes.data(), static_cast<std::size_t>(size));
        }
    }

    net::io_context context_{1};
    StubApp app_;
    Shared shared_{app_, turn_,        Limits{},     false, {},   {},
                   {},   Clock::now(), http_date(0), false, false};
    Turn turn_{context_.get_executor(), shared_};
    int client_ = -1;
    std::unique_ptr<Session> session_;
    std::string replies_;
    bool done_ = false;
};

std::string exchange(std::string_view first, std::string_view second) {
    Exchange exchange;
    exchange.send(first);
    exchange.send(second);
    return exchange.finish();
}

// Replies to HEAD have a length and no body, and look like no other reply: then only the statuses
// can be followed.
bool may_ask_head(std::string_view bytes) {
    return bytes.find("HEAD") != bytes.npos;
}

void check_replies(std::string_view replies) {
    namespace beast = boost::beast;
    while (!replies.empty()) {
        beast::http::response_parser<beast::http::string_body> parser;
        parser.eager(true);
        parser.body_limit(boost::none);
        boost::system::error_code error;
        const std::size_t used = parser.put(net::buffer(replies.data(), replies.size()), error);
        require(!error && parser.is_done() && used > 0, "every answer is a whole HTTP reply");
        replies.remove_prefix(used);
    }
}

}  // namespace
}  // namespace redirector::http

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
    using namespace redirector::http;
    if (size == 0) return 0;
    const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
    const std::size_t cut = bytes.size() * data[0] / 256;
    const std::string whole = exchange(bytes, {});
    const std::string parts = exchange(bytes.substr(0, cut), bytes.substr(cut));
    // What ends in the middle of a line may be refused at once or, cut, wait for the line's end.
    require(whole.starts_with(parts), "cutting the bytes changes no answer");
    if (!may_ask_head(bytes)) check_replies(whole);
    return 0;
}
