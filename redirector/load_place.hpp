// How far a load has come: the file that lets it go on after any kind of end, with nothing lost and
// nothing made twice.
// Shape:   lines of text: "redirector load 1", account, seed, time, lines done, their digest, bytes
//          of output. Short IDs that are drawn follow from the seed and the number of their line,
//          and the batch behind the lines done has the time written here, so that a batch of which
//          nobody knows whether it arrived is the same batch when it is sent again.
// Errors:  values.
// Threads: plain values.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace redirector {

struct LoadPlace {
    std::string account;
    std::string seed;
    std::int64_t created_at = 0;  // of the next batch, milliseconds since the epoch, UTC
    std::uint64_t lines = 0;      // done
    std::string digest;           // of these lines, see load_input.hpp
    std::uint64_t output_bytes = 0;
};

std::string to_text(const LoadPlace& place);

// nullopt if `text` is not what to_text() writes.
std::optional<LoadPlace> parse_load_place(std::string_view text);

// The file's text; nullopt: it is not there, or too long for a place.
std::optional<std::string> read_place_file(const std::string& path);

// Replaces the file as a whole, on the disk when this returns. False: it could not be written.
bool save_place(const LoadPlace& place, const std::string& path);

}  // namespace redirector
