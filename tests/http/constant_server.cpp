// Answers every request with one redirect, on one thread: the listener's own cost, measured by
// measure.py beside nginx. Arguments: port, and "turn" to end turns as a synced spool would.
#include "redirector/http/server.hpp"

#include <charconv>
#include <cstdio>
#include <cstring>

namespace {

using namespace redirector;

class ConstantApp final : public App {
  public:
    bool answer_now(const Request&, Reply& reply) override {
        reply.status = 302;
        reply.add("Location", "https://example.com/products/4711?campaign=autumn");
        reply.add("Cache-Control", "private, no-store");
        return true;
    }
    Awaitable<void> answer(const Request&, Reply&) override { co_return; }
    std::size_t body_limit(const Request&) const override { return 0; }
    void refuse(int status, std::string_view reason, Reply& reply) override {
        reply.status = status;
        reply.body = reason;
    }
};

}  // namespace

int main(int count, char** arguments) {
    net::io_context context(http::kConcurrencyHint);
    ConstantApp app;
    http::Options options;
    if (count > 1) {
        std::from_chars(arguments[1], arguments[1] + std::strlen(arguments[1]), options.port);
    }
    if (count > 2) options.on_turn_end = [] {};
    http::Server server(context, app, options);
    const auto port = server.listen();
    if (!port) {
        std::fprintf(stderr, "%s\n", port.error().message.c_str());
        return 1;
    }
    context.run();
}
