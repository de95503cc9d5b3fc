#include "redirector/webhooks/post.hpp"

#include "redirector/facts/address.hpp"

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/ssl.hpp>

namespace redirector::webhooks {

struct Poster::Tls {
    net::ssl::context context{net::ssl::context::tls_client};
};

namespace {

namespace beast = boost::beast;
namespace http = beast::http;
namespace ssl = net::ssl;
using Tcp = net::ip::tcp;
using TcpStream = beast::basic_stream<Tcp, Executor>;
using TlsStream = beast::ssl_stream<TcpStream>;
using Request = http::request<http::string_body>;
using boost::system::error_code;

constexpr std::size_t kMostOfAnswer = 64 * 1024;
constexpr std::uint32_t kMostHeader = 16 * 1024;
constexpr std::size_t kMostAddresses = 4;

IpAddress address_of(const Tcp::endpoint& endpoint) {
    const auto address = endpoint.address();
    return address.is_v6()
               ? address.to_v6().to_bytes()
               : net::ip::make_address_v6(net::ip::v4_mapped, address.to_v4()).to_bytes();
}

Answer failed(std::string_view step, const error_code& error) {
    return {0, std::string(step) + ": " + error.message()};
}

Request request_of(const Message& message) {
    Request request{http::verb::post, message.target.path, 11};
    request.set(http::field::host, message.target.authority);
    request.set(http::field::user_agent, "redirector-webhook");
    request.set(http::field::content_type, "application/json");
    request.set(http::field::connection, "close");
    for (const auto& [name, value] : message.fields)
        request.set(name, value);
    request.body() = message.body;
    request.prepare_payload();
    return request;
}

// What came after the header does not matter: the receiver has decided by then.
template <class Stream>
Awaitable<Answer> exchange(Stream& stream, const Message& message) {
    const Request request = request_of(message);
    const auto [write_error, written] = co_await http::async_write(stream, request, use_tuple);
    if (write_error) co_return failed("sending", write_error);
    beast::flat_buffer buffer(kMostOfAnswer);
    http::response_parser<http::string_body> parser;
    parser.header_limit(kMostHeader);
    parser.body_limit(kMostOfAnswer);
    const auto [read_error, read] = co_await http::async_read(stream, buffer, parser, use_tuple);
    if (!parser.is_header_done()) co_return failed("waiting for the answer", read_error);
    const int status = static_cast<int>(parser.get().result_int());
    Answer answer{status, {}};
    if (status < 200 || status > 299) answer.failure = "answered " + std::to_string(status);
    co_return answer;
}

Awaitable<Answer> exchange_tls(TcpStream stream, ssl::context& context, const Message& message) {
    const std::string& host = message.target.host;
    TlsStream tls(std::move(stream), context);
    tls.set_verify_mode(ssl::verify_peer);
    tls.set_verify_callback(ssl::host_name_verification(host));
    const bool named = !facts::parse_address(host);
    if (named && SSL_set_tlsext_host_name(tls.native_handle(), host.c_str()) != 1)
        co_return Answer{0, "TLS: its name cannot be sent"};
    const auto [error] = co_await tls.async_handshake(ssl::stream_base::client, use_tuple);
    if (error) co_return failed("TLS", error);
    Answer answer = co_await exchange(tls, message);
    co_return answer;
}

}  // namespace

Poster::Poster(bool private_targets)
    : private_targets_(private_targets), tls_(std::make_unique<Tls>()) {
    error_code ignored;  // without authorities every certificate is refused
    tls_->context.set_default_verify_paths(ignored);
    SSL_CTX_set_min_proto_version(tls_->context.native_handle(), TLS1_2_VERSION);
}

Poster::~Poster() = default;

Awaitable<Answer> Poster::post(const Message& message) {
    const Executor executor = co_await net::this_coro::executor;
    std::string host = message.target.host;
    std::string port = message.target.port;
    const Endpoints found = co_await look_up_.find(std::move(host), std::move(port));
    if (!found) co_return failed("looking up its name", found.error());
    std::vector<Tcp::endpoint> allowed;
    for (const Tcp::endpoint& endpoint : *found) {
        const bool good = private_targets_ || is_public(address_of(endpoint));
        if (good && allowed.size() < kMostAddresses) allowed.push_back(endpoint);
    }
    if (allowed.empty()) {
        const std::string failure =
            "refused: its name leads to no public address (--webhook-private-targets)";
        co_return Answer{0, failure};
    }
    TcpStream stream(executor);
    stream.expires_after(kPostTime);
    error_code error;
    for (const Tcp::endpoint& endpoint : allowed) {
        std::tie(error) = co_await stream.async_connect(endpoint, use_tuple);
        if (!error) break;
    }
    if (error) co_return failed("connecting", error);
    if (!message.target.tls) {
        Answer answer = co_await exchange(stream, message);
        co_return answer;
    }
    Answer answer = co_await exchange_tls(std::move(stream), tls_->context, message);
    co_return answer;
}

}  // namespace redirector::webhooks
