#include "redirector/api/position.hpp"

#include <boost/json.hpp>

#include <cmath>
#include <string>

namespace redirector::api {
namespace {

namespace json = boost::json;

std::optional<double> number_of(const json::value* value) {
    if (value == nullptr || !value->is_number()) return std::nullopt;
    return value->to_number<double>();
}

bool is_latitude(double degrees) {
    return std::abs(degrees) <= 90;
}
bool is_longitude(double degrees) {
    return std::abs(degrees) <= 180;
}

Problems refusal(std::string_view document, std::string_view field, std::string_view what) {
    std::string message =
        std::string(document) + "." + std::string(field) + " " + std::string(what);
    return {{Code::invalid_field, std::string(field), std::move(message)}};
}

// [longitude, latitude, altitude?]: RFC 7946 3.1.1.
std::optional<Position> point_of(const json::object& point) {
    const json::value* const value = point.if_contains("coordinates");
    if (value == nullptr || !value->is_array()) return std::nullopt;
    const json::array& pair = value->get_array();
    if (pair.size() < 2 || pair.size() > 3) return std::nullopt;
    const auto longitude = number_of(&pair[0]);
    const auto latitude = number_of(&pair[1]);
    if (!longitude || !latitude) return std::nullopt;
    return Position{*latitude, *longitude};
}

}  // namespace

std::optional<Position> position_of(const json::object& document) {
    const auto latitude = number_of(document.if_contains("latitude"));
    const auto longitude = number_of(document.if_contains("longitude"));
    if (!latitude || !longitude) return std::nullopt;
    return Position{*latitude, *longitude};
}

Problems mirror_position(std::string_view document_name, json::object& document) {
    const json::value* const point = document.if_contains("position");
    const bool by_point = point != nullptr && point->is_object();
    std::optional<Position> position;
    if (by_point) {
        position = point_of(point->get_object());
        if (!position) {
            return refusal(document_name, "position",
                           "must have coordinates of two numbers: longitude, latitude");
        }
    } else {
        const bool latitude = document.contains("latitude");
        if (latitude != document.contains("longitude")) {
            return refusal(document_name, latitude ? "longitude" : "latitude",
                           "is missing: both are needed, or neither");
        }
        position = position_of(document);
    }
    if (!position) return {};
    if (!is_latitude(position->latitude)) {
        return refusal(document_name, by_point ? "position" : "latitude",
                       by_point ? "has a latitude outside of -90..90" : "lies outside of -90..90");
    }
    if (!is_longitude(position->longitude)) {
        return refusal(
            document_name, by_point ? "position" : "longitude",
            by_point ? "has a longitude outside of -180..180" : "lies outside of -180..180");
    }
    document["latitude"] = position->latitude;
    document["longitude"] = position->longitude;
    document["position"] = json::object{
        {"type", "Point"}, {"coordinates", json::array{position->longitude, position->latitude}}};
    return {};
}

}  // namespace redirector::api
