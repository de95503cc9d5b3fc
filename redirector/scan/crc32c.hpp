// CRC-32C (Castagnoli, RFC 3720 B.4): the checksum of a record in the spool.
// Shape:   SSE4.2's instruction where the processor has it (looked up once), else a table.
// Source:  RFC 3720 appendix B.4 holds the test values.
#pragma once

#include <cstdint>
#include <span>

namespace redirector::scan {

// The checksum of what `seed` covers followed by `bytes`; seed 0 begins a new one.
std::uint32_t crc32c(std::uint32_t seed, std::span<const std::uint8_t> bytes) noexcept;

// The same by table: the fallback, and the oracle of the tests.
std::uint32_t crc32c_portable(std::uint32_t seed, std::span<const std::uint8_t> bytes) noexcept;

}  // namespace redirector::scan
