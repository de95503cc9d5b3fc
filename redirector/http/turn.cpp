#include "redirector/http/turn.hpp"

#include <boost/asio/post.hpp>

#include <utility>

namespace redirector::http {

void Turn::add(Session& session) {
    if (arrived_.size() == kMost) run();  // a tick may wake more than one look at the sockets
    if (arrived_.empty()) net::post(executor_, [this] { run(); });
    arrived_.push_back(&session);
}

void Turn::run() {
    const auto sessions = arrived_;
    arrived_.clear();
    boost::container::static_vector<const Request*, kMost> requests;
    for (Session* const session : sessions)
        if (const Request* const request = session->read_arrived()) requests.push_back(request);
    if (requests.size() > 1) shared_.app.prefetch(requests);
    for (Session* const session : sessions)
        session->answer_arrived();
    if (shared_.on_turn_end && std::exchange(shared_.turn_open, false)) shared_.on_turn_end();
    const bool going_on = !waiting_.empty();
    for (Session* const session : sessions)
        if (!session->send_answers()) waiting_.push_back(*session);
    if (!going_on && !waiting_.empty()) net::post(executor_, [this] { go_on(); });
}

void Turn::go_on() {
    if (!arrived_.empty()) run();  // what came while the one before was answered
    Session& session = waiting_.front();
    waiting_.pop_front();
    if (!waiting_.empty()) net::post(executor_, [this] { go_on(); });
    session.end_turns();
}

}  // namespace redirector::http
