// An account's logo, which its QR codes show with logo=1: PUT, GET, DELETE /accounts/{account}/logo.
// Shape:   takes a PNG, never a URL; keeps it reduced to 128 pixels a side, and shows it as such.
// Errors:  400 a picture that is none, or too large; 404 no logo; 413 file over kMaxLogoFile; 415
//          another type; 503 store down, or too many pictures at once.
// Threads: on the I/O thread of the call; pictures are read and written on DrawingPools::images.
#pragma once

#include "qr/logo.hpp"
#include "redirector/api/call.hpp"
#include "redirector/async.hpp"

#include <memory>

namespace redirector {

// What PUT stored: no answer and null for an account without a logo; `answered` where the store was
// asked in vain.
struct StoredLogo {
    std::shared_ptr<const qr::Logo> logo;
    bool answered = false;
};
Awaitable<StoredLogo> fetch_logo(api::Call& call);

Awaitable<void> write_logo(api::Call& call);
Awaitable<void> show_logo(api::Call& call);
Awaitable<void> remove_logo(api::Call& call);

}  // namespace redirector
