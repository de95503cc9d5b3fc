// An application for tests of the listener: answers with what it was asked.
//   /redirect   307 to a fixed place, from memory
//   /later      the same as /see, after one turn of the loop
//   /large?N    N bytes of 'x'
//   /close      200, and the reply asks for the end of the connection
//   /none       204
//   /peer       200 and the peer's IPv4 address
//   anything    200 and method, target, host and body as one line of text
// POST and PUT take bodies of up to kBodyLimit bytes, all other methods none.
#pragma once

#include "redirector/app.hpp"

#include <boost/asio/post.hpp>

#include <charconv>
#include <string>
#include <string_view>

namespace redirector::http {

class StubApp final : public App {
  public:
    static constexpr std::size_t kBodyLimit = 64 * 1024;

    bool answer_now(const Request& request, Reply& reply) override {
        if (request.path == "/later") return false;
        fill(request, reply);
        return true;
    }

    Awaitable<void> answer(const Request& request, Reply& reply) override {
        co_await net::post(use_tuple);
        fill(request, reply);
    }

    std::size_t body_limit(const Request& request) const override {
        return request.method == Method::post || request.method == Method::put ? kBodyLimit : 0;
    }

    void refuse(int status, std::string_view reason, Reply& reply) override {
        reply.status = status;
        reply.content_type = "text/plain";
        reply.body = reason;
    }

  private:
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
            std::size_t size = 0;
            std::from_chars(request.query.data(), request.query.data() + request.query.size(),
                            size);
            reply.body.assign(size, 'x');
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
