// Scans and temporary folders for the tests of this room.
#pragma once

#include "redirector/scan/record.hpp"

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace redirector::scan::testing {

// A scan of a phone, with a value in every field. Views of string literals.
Scan full_scan();

// A scan of `short_id` at `time_ms`, otherwise like most: agent, language, address, account level.
Scan plain_scan(std::string_view short_id, std::uint64_t time_ms);

inline constexpr std::string_view kAccount = "UAccount0000000000000000";

std::vector<std::uint8_t> encoded(const Scan& scan);

// A folder that goes away with the object.
class TemporaryFolder {
  public:
    TemporaryFolder();
    ~TemporaryFolder();
    TemporaryFolder(const TemporaryFolder&) = delete;
    TemporaryFolder& operator=(const TemporaryFolder&) = delete;

    const std::filesystem::path& path() const { return path_; }

  private:
    std::filesystem::path path_;
};

}  // namespace redirector::scan::testing
