// Positions: GeoJSON points [longitude, latitude] and their mirrors `latitude` and `longitude`.
// Units:   degrees; longitude -180 to 180, latitude -90 to 90.
// Threads: pure.
#pragma once

#include "redirector/api/errors.hpp"

#include <boost/json/object.hpp>

#include <optional>
#include <string_view>

namespace redirector::api {

struct Position {
    double latitude = 0;
    double longitude = 0;
};

// The position of a place or location; nothing when it has none.
std::optional<Position> position_of(const boost::json::object& document);

// Makes `position`, `latitude` and `longitude` agree, whichever was given; `position` wins.
// Problems name the field as `<document>.position`, ...
Problems mirror_position(std::string_view document_name, boost::json::object& document);

}  // namespace redirector::api
