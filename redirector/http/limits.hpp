// Every bound that one listener keeps: sizes, counts and deadlines of a connection.
// Units:   bytes where the name says nothing else; durations are std::chrono types.
// Source:  RFC 9110 15.5 for the status that answers each; the figures are in README.md.
#pragma once

#include <chrono>
#include <cstddef>

namespace redirector::http {

struct Limits {
    std::size_t target = 4'096;   // request target; longer: 414
    std::size_t head = 8'192;     // request line and fields with all line ends; longer: 431
    std::size_t fields = 100;     // field lines of the head, and again of a trailer: 431
    std::size_t buffer = 16'384;  // read buffer of a connection; more than `head`
    std::size_t chunk_extensions = 4'096;  // of one request, all chunks together; more: 400

    std::size_t pipelined = 64;        // requests answered before other connections get their turn
    std::size_t output = 65'536;       // replies gathered before they are written
    std::size_t connections = 10'000;  // open at once; above: 503 and close

    std::chrono::milliseconds head_time{10'000};       // from the first byte of a request: 408
    std::chrono::milliseconds body_time{30'000};       // from the end of the head: 408
    std::chrono::milliseconds write_time{10'000};      // without a byte of a reply accepted: reset
    std::chrono::milliseconds idle_time{75'000};       // between requests; above a balancer's own
    std::chrono::milliseconds preamble_time{3'000};    // for the whole PROXY preamble
    std::chrono::milliseconds handshake_time{10'000};  // for the whole TLS handshake
    std::chrono::milliseconds linger_time{1'000};      // reading on after an error answer ...
    std::size_t linger = 1'048'576;                    // ... and at most so much
    std::chrono::milliseconds drain_idle{500};         // drain(): grace of a silent connection
    std::chrono::milliseconds tick{250};               // how often deadlines are looked at
    std::chrono::milliseconds accept_pause{50};        // after accept() ran out of descriptors
};

}  // namespace redirector::http
