// An account's logo, which its QR codes show with logo=1: PUT, GET, DELETE /accounts/{account}/logo.
// Shape:   takes a PNG, never a URL; keeps it reduced to 128 pixels a side, and shows it as such.
// Errors:  400 a picture that is none, or too large; 404 no logo; 413 file over kMaxLogoFile; 415
//          another type; 503 store down, or too many pictures at once.
// Threads: on the I/O thread of the call; pictures are read and written on DrawingPools::images.
#pragma once

#include "redirector/api/call.hpp"
#include "redirector/async.hpp"

#include <cstddef>

namespace redirector {

inline constexpr std::size_t kMaxLogoFile = 1'048'576;  // bytes

Awaitable<void> write_logo(api::Call& call);
Awaitable<void> read_logo(api::Call& call);
Awaitable<void> remove_logo(api::Call& call);

}  // namespace redirector
