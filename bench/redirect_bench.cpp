// The parts of a redirect, from the bytes of a request to those of its reply, and all of it at once;
// `allocations` is per request.
#include "redirector/http/request_reader.hpp"
#include "redirector/http/wire.hpp"
#include "tests/root/memory_edge.hpp"

#include <benchmark/benchmark.h>

#include <cstring>

extern std::size_t allocations;  // tests/http/counting_new.cpp

namespace redirector {
namespace {

constexpr std::string_view kDate = "Sun, 06 Nov 1994 08:49:37 GMT";

constexpr std::string_view kShortHead = "GET /ABCDEFGHKM HTTP/1.1\r\nHost: tn.gg\r\n\r\n";
constexpr std::string_view kPhoneHead =
    "GET /ABCDEFGHKM HTTP/1.1\r\nHost: tn.gg\r\n"
    "User-Agent: Mozilla/5.0 (iPhone; CPU iPhone OS 17_4 like Mac OS X) AppleWebKit/605.1.15 "
    "(KHTML, like Gecko) Version/17.4 Mobile/15E148 Safari/604.1\r\n"
    "Accept: text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8\r\n"
    "Accept-Language: de-CH,de;q=0.9,en;q=0.8\r\nAccept-Encoding: gzip, deflate, br\r\n"
    "Sec-Fetch-Dest: document\r\nSec-Fetch-Mode: navigate\r\nSec-Fetch-Site: none\r\n"
    "X-Forwarded-For: 81.2.69.142\r\n\r\n";

// Counts what the loop between construction and destruction allocates.
class Allocations {
  public:
    explicit Allocations(benchmark::State& state) : state_(state) {}
    ~Allocations() {
        state_.counters["allocations"] = benchmark::Counter(
            static_cast<double>(allocations - before_), benchmark::Counter::kAvgIterations);
    }

  private:
    benchmark::State& state_;
    std::size_t before_ = allocations;
};

void feed(http::RequestReader& reader, std::string_view bytes) {
    const auto room = reader.room();
    std::memcpy(room.data(), bytes.data(), bytes.size());
    reader.commit(bytes.size());
}

void BM_Parse(benchmark::State& state, std::string_view head) {
    const http::Limits limits;
    http::RequestReader reader(limits);
    const Allocations counted(state);
    for (auto _ : state) {
        feed(reader, head);
        benchmark::DoNotOptimize(reader.next());
        reader.pop();
        reader.next();
    }
}
BENCHMARK_CAPTURE(BM_Parse, short_head, kShortHead);
BENCHMARK_CAPTURE(BM_Parse, phone_head, kPhoneHead);

// Route, look-up, context, decision, record and reply, from the read request.
void BM_Redirect(benchmark::State& state) {
    MemoryEdge edge(phone_rules(static_cast<int>(state.range(0))));
    const Request request = phone_request();
    Reply reply;
    edge.app().answer_now(request, reply);
    const Allocations counted(state);
    for (auto _ : state) {
        reply.clear();
        edge.app().answer_now(request, reply);
        benchmark::DoNotOptimize(reply.fields.data());
    }
}
BENCHMARK(BM_Redirect)->Arg(0)->Arg(10)->Arg(1000);

void BM_Wire(benchmark::State& state) {
    MemoryEdge edge("[]");
    Reply reply;
    edge.app().answer_now(phone_request(), reply);
    std::string output;
    http::append_reply(reply, {}, kDate, output);
    const Allocations counted(state);
    for (auto _ : state) {
        output.clear();
        http::append_reply(reply, {}, kDate, output);
        benchmark::DoNotOptimize(output.data());
    }
}
BENCHMARK(BM_Wire);

// What a session does between one receive and one send.
void BM_Whole(benchmark::State& state) {
    MemoryEdge edge(phone_rules(10));
    const http::Limits limits;
    http::RequestReader reader(limits);
    Reply reply;
    std::string output;
    const auto turn = [&] {
        feed(reader, kPhoneHead);
        reader.next();
        reply.clear();
        edge.app().answer_now(reader.request(), reply);
        output.clear();
        http::append_reply(reply, {}, kDate, output);
        reader.pop();
        reader.next();
    };
    for (int warm = 0; warm < 10; ++warm)
        turn();
    const Allocations counted(state);
    for (auto _ : state) {
        turn();
        benchmark::DoNotOptimize(output.data());
    }
}
BENCHMARK(BM_Whole);

}  // namespace
}  // namespace redirector
