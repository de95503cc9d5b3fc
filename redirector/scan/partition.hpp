// Where an account's scans live in Redis: 16 partitions per account, each in one hash slot, so
// that one large account spreads over a cluster and one script still moves stream, hits and mark
// together.
// Shape:   acct is the account's id, b the bucket in decimal: crc16(short id) & 15.
//          key         type    holds
//          s:{acct:b}  stream  entries of one field `r`, several records each (stream.hpp)
//          h:{acct:b}  hash    short id -> hits
//          m:{acct:b}  hash    "<node>.<lane>" -> mark "<epoch>-<seq>" of the last record taken
//          f:{acct:b}:<index>
//                      zset    entries of the stream that have an action of that index (index.hpp)
//          e:{acct:b}  zset    what is left of entries some of whose actions were removed (index.hpp)
//          k:{acct:b}:<day>
//                      hash    hits by hour, country, device and rule (statistics.hpp)
//          n:{node}    string  "<epoch> <incarnation>", the highest epoch the node has claimed
// Source:  CRC-16/XMODEM as in the Redis Cluster specification, appendix A.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace redirector::scan {

inline constexpr unsigned kBuckets = 16;

// CRC-16/XMODEM: polynomial 0x1021, initial value 0.
std::uint16_t crc16(std::string_view bytes) noexcept;

inline unsigned bucket_of(std::string_view short_id) noexcept {
    return crc16(short_id) % kBuckets;
}

struct Partition {
    std::string account;
    unsigned bucket = 0;  // 0 .. kBuckets - 1
    friend bool operator==(const Partition&, const Partition&) = default;
};

// `<prefix>{acct:b}`
std::string partition_key(std::string_view prefix, const Partition& partition);
std::string stream_key(const Partition& partition);
std::string hits_key(const Partition& partition);
std::string marks_key(const Partition& partition);
std::string remains_key(const Partition& partition);
std::string index_key(const Partition& partition, std::string_view index);
std::string epoch_key(std::string_view node);

}  // namespace redirector::scan
