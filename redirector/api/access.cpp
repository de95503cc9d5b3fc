#include "redirector/api/access.hpp"

#include <boost/json.hpp>

namespace redirector::api {

Awaitable<void> read_access(Call& call) {
    boost::json::object actor{{"type", access_name(call.actor.type)}, {"id", call.actor.id}};
    boost::json::object document{{"account", call.actor.account}, {"actor", std::move(actor)}};
    if (!call.actor.project.empty()) document["project"] = call.actor.project;
    call.reply.content_type = "application/json";
    call.reply.body = boost::json::serialize(document);
    co_return;
}

}  // namespace redirector::api
