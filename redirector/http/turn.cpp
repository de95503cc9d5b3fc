#include "redirector/http/turn.hpp"

#include "redirector/http/session.hpp"

#include <boost/asio/post.hpp>

#include <utility>

namespace redirector::http {

void Turn::add(Session& session, Executor executor, Shared& shared) {
    if (arrived_.size() == kMost) run(shared);
    if (arrived_.empty()) net::post(executor, [this, &shared] { run(shared); });
    arrived_.push_back(&session);
}

void Turn::run(Shared& shared) {
    const auto sessions = arrived_;
    arrived_.clear();
    boost::container::static_vector<const Request*, kMost> requests;
    for (Session* const session : sessions)
        if (const Request* const request = session->read_arrived()) requests.push_back(request);
    if (requests.size() > 1) shared.app.prefetch(requests);
    for (Session* const session : sessions)
        session->answer_arrived();
    if (shared.on_turn_end && std::exchange(shared.turn_open, false)) shared.on_turn_end();
    for (Session* const session : sessions)
        session->send_answers();
}

}  // namespace redirector::http
