// The documents of webhooks.
#include "redirector/api/tables.hpp"

#include <array>

namespace redirector::api {
namespace {

constexpr FieldSpec shown_only(std::string_view name, Type type, std::string_view meaning) {
    return {.name = name, .type = type, .access = Access::read_only, .meaning = meaning};
}

constexpr std::array kWebhookFields{
    shown_only("id", Type::resource_id, "drawn on creation"),
    shown_only("createdAt", Type::timestamp, "when it was created"),
    shown_only("updatedAt", Type::timestamp, "when it was last changed"),
    FieldSpec{.name = "url",
              .meaning = "http or https URL that new actions are posted to",
              .required = true,
              .max = 2'048},
    FieldSpec{.name = "types",
              .type = Type::texts,
              .meaning = "types of actions to send; all when absent or empty",
              .max = 100,
              .max_items = 100},
    FieldSpec{.name = "secret",
              .access = Access::write_only,
              .meaning = "whsec_ and the base64 of 24 to 64 bytes; drawn when absent, and shown in "
                         "the answer to the creation alone",
              .max = 100},
    FieldSpec{.name = "enabled",
              .type = Type::boolean,
              .meaning = "true when absent; while false, actions wait"},
    FieldSpec{.name = "description", .meaning = "for people"},
};

constexpr std::array kDeadLetterFields{
    shown_only("id", Type::text, "the batch's, as Webhook-Id carries it"),
    shown_only("actions", Type::integer, "how many it holds"),
    shown_only("since", Type::timestamp, "when its first action was taken in"),
    shown_only("tries", Type::integer, "how often it was sent"),
    shown_only("reason", Type::text, "what the last try met"),
    shown_only("givenUpAt", Type::timestamp, "after the last try"),
};

constexpr std::array kRedriveFields{
    shown_only("redriven", Type::integer, "batches that are sent again"),
};

}  // namespace

const DocumentSpec kWebhook{"webhook", kWebhookFields};
const DocumentSpec kDeadLetter{"deadLetter", kDeadLetterFields};
const DocumentSpec kRedrive{"redrive", kRedriveFields};

}  // namespace redirector::api
