#include "redirector/http/tls_certificate.hpp"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <string_view>
#include <sys/stat.h>
#include <utility>

namespace redirector::http {
namespace {

namespace ssl = boost::asio::ssl;
using boost::system::error_code;

// TLS 1.3's own suites are all of this kind.
constexpr const char* kCiphers12 = "ECDHE+AESGCM:ECDHE+CHACHA20:!aNULL:!PSK";

// A client that offers protocols must offer ours (RFC 7301 3.2).
int choose_protocol(SSL*,
                    const unsigned char** chosen,
                    unsigned char* length,
                    const unsigned char* offered,
                    unsigned int size,
                    void*) {
    constexpr std::string_view kOurs = "http/1.1";
    for (unsigned at = 0; at < size; at += 1U + offered[at]) {
        if (at + 1U + offered[at] > size) break;
        const std::string_view name(reinterpret_cast<const char*>(offered + at + 1), offered[at]);
        if (name != kOurs) continue;
        *chosen = offered + at + 1;
        *length = offered[at];
        return SSL_TLSEXT_ERR_OK;
    }
    return SSL_TLSEXT_ERR_ALERT_FATAL;
}

void harden(ssl::context& context) {
    SSL_CTX* const native = context.native_handle();
    SSL_CTX_set_min_proto_version(native, TLS1_2_VERSION);
    SSL_CTX_set_cipher_list(native, kCiphers12);
    SSL_CTX_set_options(native, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION |
                                    SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_PRIORITIZE_CHACHA);
    SSL_CTX_set_mode(native, SSL_MODE_RELEASE_BUFFERS);
    SSL_CTX_set_alpn_select_cb(native, choose_protocol, nullptr);
}

boost::system::result<TlsCertificate::Context, TlsError> load(const std::string& certificate,
                                                              const std::string& key) {
    auto context = std::make_shared<ssl::context>(ssl::context::tls_server);
    harden(*context);
    error_code error;
    // Nobody is there to ask for a passphrase.
    context->set_password_callback(
        [](std::size_t, ssl::context::password_purpose) { return std::string(); }, error);
    context->use_certificate_chain_file(certificate, error);
    if (error)
        return TlsError{"cannot use certificate \"" + certificate + "\": " + error.message()};
    context->use_private_key_file(key, ssl::context::pem, error);
    if (error) return TlsError{"cannot use key \"" + key + "\": " + error.message()};
    if (SSL_CTX_check_private_key(context->native_handle()) != 1) {
        ERR_clear_error();
        return TlsError{"key \"" + key + "\" is not that of certificate \"" + certificate + "\""};
    }
    return context;
}

std::string stamp_of(const std::string& path) {
    struct stat file {};
    if (::stat(path.c_str(), &file) != 0) return "absent";
    return std::to_string(file.st_ino) + "." + std::to_string(file.st_size) + "." +
           std::to_string(file.st_mtim.tv_sec) + "." + std::to_string(file.st_mtim.tv_nsec);
}

}  // namespace

TlsCertificate::TlsCertificate(std::string certificate, std::string key)
    : certificate_(std::move(certificate)), key_(std::move(key)) {}

boost::system::result<std::unique_ptr<TlsCertificate>, TlsError> TlsCertificate::open(
    std::string certificate, std::string key) {
    std::unique_ptr<TlsCertificate> opened(
        new TlsCertificate(std::move(certificate), std::move(key)));
    opened->changed();
    auto context = load(opened->certificate_, opened->key_);
    if (!context) return context.error();
    opened->context_ = *std::move(context);
    return opened;
}

TlsCertificate::Context TlsCertificate::current() const {
    const std::lock_guard lock(mutex_);
    return context_;
}

bool TlsCertificate::changed() {
    std::string now = stamp_of(certificate_) + " " + stamp_of(key_);
    return std::exchange(stamp_, now) != now;
}

TlsCertificate::Reload TlsCertificate::reload_if_changed() {
    if (!changed()) return Reload::unchanged;
    auto context = load(certificate_, key_);
    if (!context) {
        problem_ = context.error().message;
        return Reload::refused;
    }
    const std::lock_guard lock(mutex_);
    context_ = *std::move(context);
    return Reload::replaced;
}

}  // namespace redirector::http
