#include "redirector/scan/partition.hpp"

#include <array>

namespace redirector::scan {
namespace {

constexpr auto kCrc16Table = [] {
    std::array<std::uint16_t, 256> table{};
    for (unsigned byte = 0; byte < 256; ++byte) {
        unsigned crc = byte << 8;
        for (int bit = 0; bit < 8; ++bit)
            crc = (crc & 0x8000) ? (crc << 1) ^ 0x1021 : crc << 1;
        table[byte] = static_cast<std::uint16_t>(crc);
    }
    return table;
}();

}  // namespace

std::uint16_t crc16(std::string_view bytes) noexcept {
    unsigned crc = 0;
    for (const char c : bytes)
        crc = (crc << 8) ^ kCrc16Table[((crc >> 8) ^ static_cast<std::uint8_t>(c)) & 0xff];
    return static_cast<std::uint16_t>(crc);
}

std::string partition_key(std::string_view prefix, const Partition& partition) {
    std::string out;
    out.reserve(prefix.size() + partition.account.size() + 5);
    out.append(prefix).append("{").append(partition.account).append(":");
    return out.append(std::to_string(partition.bucket)).append("}");
}

std::string stream_key(const Partition& partition) {
    return partition_key("s:", partition);
}
std::string hits_key(const Partition& partition) {
    return partition_key("h:", partition);
}
std::string marks_key(const Partition& partition) {
    return partition_key("m:", partition);
}
std::string remains_key(const Partition& partition) {
    return partition_key("e:", partition);
}
std::string index_key(const Partition& partition, std::string_view index) {
    return partition_key("f:", partition).append(":").append(index);
}
std::string epoch_key(std::string_view node) {
    return std::string("n:{").append(node).append("}");
}

}  // namespace redirector::scan
