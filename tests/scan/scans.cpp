#include "tests/scan/scans.hpp"

#include <stdlib.h>
#include <system_error>

namespace redirector::scan::testing {

Scan full_scan() {
    return {.time_ms = 1'700'000'000'123,
            .account = kAccount,
            .short_id = "ABCDE12345",
            .evrythng_id = "UThng000000000000000000x",
            .resource_type = ResourceType::thng,
            .product = "UProduct0000000000000000",
            .action_type = "_tasting",
            .client_ip = IpAddress{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 192, 0, 2, 0},
            .user_agent = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_1 like Mac OS X)",
            .referer = "https://example.com/a",
            .accept_language = "de-CH,de;q=0.9",
            .country = "CH",
            .region = "Zurich",
            .city = "Z\xc3\xbcrich",
            .time_zone = "Europe/Zurich",
            .coordinates = Coordinates{47.36667, -8.55},
            .flags = kBot | kDoNotTrack,
            .reaction_level = ReactionLevel::application,
            .rule = 300,
            .redirect_url = "https://example.com/landing?x=1",
            .reaction_context = R"({"constants":{},"country":"CH"})",
            .project = "UProject0000000000000000",
            .application = "UApp00000000000000000000",
            .user = "UUser0000000000000000000",
            .tags = R"(["red"])",
            .identifiers = R"({"ean_13":"4006381333931"})",
            .custom_fields = R"({"size":7})",
            .location_source = LocationSource::place,
            .place = "UPlace000000000000000000",
            .device = "UDevice00000000000000000",
            .scopes = R"({"users":["all"],"projects":[]})"};
}

Scan plain_scan(std::string_view short_id, std::uint64_t time_ms) {
    Scan scan;
    scan.time_ms = time_ms;
    scan.account = kAccount;
    scan.short_id = short_id;
    scan.evrythng_id = "UThng000000000000000000x";
    scan.resource_type = ResourceType::thng;
    scan.client_ip = IpAddress{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 192, 0, 2, 0};
    scan.user_agent =
        "Mozilla/5.0 (iPhone; CPU iPhone OS 17_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like "
        "Gecko) Version/17.1 Mobile/15E148 Safari/604.1";
    scan.accept_language = "de-CH,de;q=0.9";
    scan.reaction_level = ReactionLevel::account;
    scan.rule = 1;
    scan.redirect_url = "https://example.com/landing";
    return scan;
}

std::vector<std::uint8_t> encoded(const Scan& scan) {
    std::vector<std::uint8_t> bytes(encoded_size(scan));
    encode(scan, bytes.data());
    return bytes;
}

TemporaryFolder::TemporaryFolder() {
    std::string name = std::filesystem::temp_directory_path() / "scan-test-XXXXXX";
    path_ = ::mkdtemp(name.data());
}

TemporaryFolder::~TemporaryFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
}

}  // namespace redirector::scan::testing
