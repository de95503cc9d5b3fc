// Any bytes as a PROXY preamble: bounded, and the same wherever they are cut.
#include "redirector/http/proxy_preamble.hpp"

#include <cstdio>
#include <cstdlib>
#include <string_view>

namespace {

void require(bool condition, const char* promise) {
    if (condition) return;
    std::fprintf(stderr, "broken promise: %s\n", promise);
    std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
    using namespace redirector::http;
    using State = Preamble::State;
    const std::string_view bytes(reinterpret_cast<const char*>(data), size);
    const Preamble whole = read_preamble(bytes);
    if (whole.state == State::need_more) require(size < kMaxPreamble, "it asks for no more bytes");
    if (whole.state != State::complete) return 0;
    require(whole.length <= size && whole.length <= kMaxPreamble, "its length is bounded");
    for (std::size_t cut = 0; cut < whole.length; ++cut) {
        require(read_preamble(bytes.substr(0, cut)).state == State::need_more,
                "a part of a good preamble asks for more");
    }
    const Preamble alone = read_preamble(bytes.substr(0, whole.length));
    require(alone.state == State::complete && alone.source == whole.source,
            "what follows does not matter");
    return 0;
}
