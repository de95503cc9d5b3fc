// QR codes of short URLs: GET /:shortId.png, .svg, .pdf, .eps, and .qr, which picks by Accept.
// Shape:   parameters as qr::parse_style() takes them, download=1, and logo=1 for the logo of the
//          redirection's account, with which the level is H and the image is read back before it
//          is sent.
// Errors:  400 naming the parameter, 404 for an unknown short ID, 406 for a type that is not drawn,
//          422 a code that its logo makes unreadable, 503 store down or too many drawings at once.
// Threads: on the I/O thread of the Services; what has a logo, or takes longer than
//          DrawingPools::kQuick, is drawn on a thread of the pools.
// Source:  contract 5.
#pragma once

#include "qr/label_file.hpp"
#include "redirector/async.hpp"
#include "redirector/config.hpp"
#include "redirector/reply.hpp"
#include "redirector/request.hpp"
#include "redirector/services.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace redirector {

struct QrPath {
    std::string_view short_id;
    std::optional<qr::Format> format;  // absent: .qr
};

// What a path asks for, with or without /redirections in front; nullopt if it is not a QR code's.
std::optional<QrPath> qr_path(std::string_view path);

// What the code says: the short URL with its scheme in lower case, its host in upper case.
std::string qr_payload(const Config& config, std::string_view short_id);

Awaitable<void> answer_qr(const Request& request, QrPath path, Services& services, Reply& reply);

// Draws the code of a redirection that is known to exist, as the answer to its creation: status and
// Location stay.
Awaitable<void> draw_created(const Request& request,
                             std::string_view short_id,
                             Services& services,
                             Reply& reply);

}  // namespace redirector
