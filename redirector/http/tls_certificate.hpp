// The certificate and key of the listeners, and how TLS is spoken with them.
// Shape:   TLS 1.2 and 1.3, forward secrecy and authenticated encryption only, ALPN http/1.1, no
//          renegotiation, no compression. A pair of files that changed is read again and serves new
//          connections; those that are open keep what they began with.
// Errors:  a sentence for the operator that names the file.
// Threads: current() from any; the rest from one.
// Source:  RFC 8446; RFC 9325 (recommendations for secure use); RFC 7301 (ALPN).
#pragma once

#include <boost/asio/ssl/context.hpp>
#include <boost/system/result.hpp>

#include <filesystem>
#include <memory>
#include <mutex>
#include <string>

namespace redirector::http {

struct TlsError {
    std::string message;
};

class TlsCertificate {
  public:
    using Context = std::shared_ptr<boost::asio::ssl::context>;

    // PEM files: the certificate with its chain behind it, and its key, which may be one file.
    static boost::system::result<std::unique_ptr<TlsCertificate>, TlsError> open(
        std::string certificate, std::string key);

    // What a new connection is to use; never null.
    Context current() const;

    enum class Reload { unchanged, replaced, refused };
    // Reads the files again when one of them has changed. What is refused leaves the old pair in
    // force; last_problem() says why.
    Reload reload_if_changed();
    const std::string& last_problem() const { return problem_; }

  private:
    TlsCertificate(std::string certificate, std::string key);

    // Whether a file is another one, or written, since the last call.
    bool changed();

    const std::string certificate_;
    const std::string key_;
    std::string stamp_;
    std::string problem_;
    mutable std::mutex mutex_;  // of context_
    Context context_;
};

}  // namespace redirector::http
