// POST /qr/sheets: the codes of many redirections as one file, made while it is sent.
// Shape:   a body of api::kSelectionFields (which redirections), qr::kLabelParameters (how they
//          are drawn) and `logo`, with which each code is read back first; the answer is a PDF of label sheets, or a ZIP with an image per redirection.
// Errors:  before the first byte of the file: 400 naming the field, every unknown short ID, or the
//          label that cannot be drawn or, with its logo, read; 503 store down, or too many sheets at once. Later the
//          connection is cut off: when sending takes longer than ten minutes.
// Memory:  the short IDs, what qr/sheet and qr/zip keep, and one piece of the file.
// Threads: called on the I/O thread of the call; draws on DrawingPools::sheets.
#pragma once

#include "redirector/api/call.hpp"
#include "redirector/api/schema.hpp"
#include "redirector/async.hpp"

#include <cstddef>

namespace redirector {

inline constexpr std::size_t kMaxSheetOrder = 1'048'576;  // bytes of the body: 80,000 drawn IDs

extern const api::DocumentSpec kSheetOrder;

Awaitable<void> create_sheet(api::Call& call);

}  // namespace redirector
