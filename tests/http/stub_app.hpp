// An application for tests of the listener: answers with what it was asked.
//   /redirect   307 to a fixed place, from memory
//   /later      the same as /see, after one turn of the loop
//   /large?N    N bytes of 'x'
//   /stream?N   N pieces of kPiece bytes of 'x', as they are taken
//   /broken     one such piece, then no end
//   /close      200, and the reply asks for the end of the connection
//   /none       204
//   /slow       the same as /see, after a tenth of a second in which nothing else happens
//   /drawn      the same as /slow, but not from memory
//   /peer       200 and the peer's IPv4 address
//   anything    200 and method, target, host and body as one line of text
// POST and PUT take bodies of up to kBodyLimit bytes, all other methods none.
#pragma once

#include "redirector/app.hpp"
#include "redirector/body_stream.hpp"

#include <boost/asio/post.hpp>

#include <algorithm>
#include <atomic>
#include <charconv>
#include <chrono>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <thread>

namespace redirector::http {

class StubStream final : public BodyStream {
  public:
    static constexpr std::size_t kPiece = 30'000;

    // `made` counts the pieces asked for.
    StubStream(std::size_t pieces, bool whole, std::atomic<std::size_t>& made)
        : left_(pieces), whole_(whole), made_(made) {}

    Awaitable<Step> next(std::string& out) override {
        co_await net::post(use_tuple);
        if (left_ == 0) co_return whole_ ? Step::end : Step::failed;
        --left_;
        ++made_;
        out.append(kPiece, 'x');
        co_return Step::more;
    }

  private:
    std::size_t left_;
    bool whole_;
    std::atomic<std::size_t>& made_;
};

class StubApp final : public App {
  public:
    static constexpr std::size_t kBodyLimit = 64 * 1024;

    bool answer_now(const Request& request, Reply& reply) override {
        if (request.path == "/later" || request.path == "/drawn" || streams(request)) return false;
        if (request.path == "/slow") std::this_thread::sleep_for(std::chrono::milliseconds(100));
        fill(request, reply);
        return true;
    }

    void prefetch(std::span<const Request* const> requests) noexcept override {
        together = std::max<std::size_t>(together, requests.size());
    }

    Awaitable<void> answer(const Request& request, Reply& reply) override {
        if (request.path == "/drawn") {
            std::this_thread::sleep_for(std::chrono::milliseconds(100));
            ++drawn;
        } else {
            co_await net::post(use_tuple);
        }
        fill(request, reply);
        if (!streams(request)) co_return;
        const bool whole = request.path == "/stream";
        const std::size_t pieces = whole ? number_of(request) : 1;
        reply.body.clear();
        reply.stream = std::make_shared<StubStream>(pieces, whole, made);
    }

    std::size_t body_limit(const Request& request) const override {
        return request.method == Method::post || request.method == Method::put ? kBodyLimit : 0;
    }

    void refuse(int status, std::string_view reason, Reply& reply) override {
        reply.status = status;
        reply.content_type = "text/plain";
        reply.body = reason;
    }

    std::atomic<std::size_t> made{0};  // pieces of streams
    std::atomic<int> drawn{0};
    std::atomic<std::size_t> together{0};  // the most requests that arrived at once

  private:
    static bool streams(const Request& request) {
        return request.path == "/stream" || request.path == "/broken";
    }
    static std::size_t number_of(const Request& request) {
        std::size_t number = 0;
        std::from_chars(request.query.data(), request.query.data() + request.query.size(), number);
        return number;
    }
    static std::string_view name(Method method) {
        constexpr std::string_view kNames[] = {"GET",    "HEAD",    "POST", "PUT",
                                               "DELETE", "OPTIONS", "other"};
        return kNames[static_cast<std::size_t>(method)];
    }

    static void fill(const Request& request, Reply& reply) {
        if (request.path == "/redirect") {
            reply.status = 307;
            reply.add("Location", "https://example.com/landing");
            reply.add("Cache-Control", "private, no-store");
            return;
        }
        if (request.path == "/none") {
            reply.status = 204;
            return;
        }
        reply.content_type = "text/plain";
        reply.close = request.path == "/close";
        if (request.path == "/large") {
            reply.body.assign(number_of(request), 'x');
            return;
        }
        if (request.path == "/peer") {
            for (std::size_t at = 12; at < 16; ++at) {
                reply.body.append(at > 12 ? "." : "").append(std::to_string(request.peer[at]));
            }
            return;
        }
        reply.body.append(name(request.method)).append(" ").append(request.path);
        if (request.query.data() != nullptr) reply.body.append("?").append(request.query);
        reply.body.append(" host=").append(request.field(Field::host));
        reply.body.append(" body=").append(request.body).append("\n");
    }
};

}  // namespace redirector::http
