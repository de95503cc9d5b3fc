#include "redirector/webhooks/pending.hpp"

#include <boost/json.hpp>

namespace redirector::webhooks {
namespace {

namespace json = boost::json;

json::object object_of(const Pending& pending) {
    return {{"id", pending.id},          {"from", to_text(pending.from)},
            {"to", to_text(pending.to)}, {"actions", pending.actions},
            {"since", pending.since_ms}, {"tries", pending.tries},
            {"due", pending.due_ms},     {"redriven", pending.redriven}};
}

std::string_view text_at(const json::object& object, std::string_view name) {
    const json::value* const found = object.if_contains(name);
    return found != nullptr && found->is_string() ? std::string_view(found->get_string())
                                                  : std::string_view();
}

std::int64_t number_at(const json::object& object, std::string_view name) {
    const json::value* const found = object.if_contains(name);
    return found != nullptr && found->is_int64() ? found->get_int64() : 0;
}

}  // namespace

std::string to_text(const Pending& pending) {
    return json::serialize(object_of(pending));
}

std::optional<Pending> parse_pending(std::string_view text) {
    boost::system::error_code error;
    const json::value value = json::parse(text, error);
    if (error || !value.is_object()) return std::nullopt;
    const json::object& object = value.get_object();
    const auto from = parse_cursor(text_at(object, "from"));
    const auto to = parse_cursor(text_at(object, "to"));
    const std::string_view id = text_at(object, "id");
    if (!from || !to || id.empty()) return std::nullopt;
    const json::value* const redriven = object.if_contains("redriven");
    return Pending{.id = std::string(id),
                   .from = *from,
                   .to = *to,
                   .actions = static_cast<std::uint64_t>(number_at(object, "actions")),
                   .since_ms = static_cast<std::uint64_t>(number_at(object, "since")),
                   .tries = static_cast<unsigned>(number_at(object, "tries")),
                   .due_ms = number_at(object, "due"),
                   .redriven = redriven != nullptr && redriven->is_bool() && redriven->get_bool()};
}

std::string dead_letter(const Pending& pending, std::string_view reason, std::int64_t now_ms) {
    json::object object = object_of(pending);
    object["reason"] = reason;
    object["givenUpAt"] = now_ms;
    return json::serialize(object);
}

}  // namespace redirector::webhooks
