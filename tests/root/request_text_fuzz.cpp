// Texts of a request that the root reads itself: path, query, Accept. First byte: which one.
#include "redirector/api/query.hpp"
#include "redirector/negotiate.hpp"
#include "redirector/qr_endpoint.hpp"
#include "redirector/routes.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace redirector;
    if (size == 0) return 0;
    const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
    if (data[0] % 3 == 0) {
        const std::string path = "/" + std::string(text);  // the listener lets nothing else through
        const auto code = qr_path(path);
        if (code && path.find(code->short_id) == std::string::npos) std::abort();
        const RouteMatch match = match_route(Method::get, path, false);
        if (match.route != nullptr && match.allow.empty()) std::abort();
    } else if (data[0] % 3 == 1) {
        const api::Query query(text);
        if (query.all().size() > api::Query::kMaxParameters) std::abort();
        api::Paging paging;
        api::read_paging(query, paging);
        const std::string link = api::next_link("http://a", "/b", query, "token");
        // What stands between < and > is one word: a client splits the field at commas and semicolons.
        const auto end = link.find('>');
        if (link.substr(1, end - 1).find_first_of(" ,;<\"\r\n") != std::string::npos) std::abort();
    } else {
        constexpr std::array<std::string_view, 2> kOffered{"image/png", "application/pdf"};
        const auto chosen = negotiate(text, kOffered);
        if (chosen && *chosen >= kOffered.size()) std::abort();
    }
    return 0;
}
