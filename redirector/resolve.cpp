#include "redirector/resolve.hpp"

#include "redirector/api/rules_json.hpp"
#include "redirector/store/keyspace.hpp"

namespace redirector {
namespace {

// What one Redirector makes of the scan.
struct Verdict {
    Resolved resolved = Resolved::done;
    const CachedRules* rules = nullptr;  // null: there is no Redirector, or it cannot be reached
    rules::Decision decision;
};

Verdict ask(std::string_view account,
            std::string_view app,
            ScanFacts& scan,
            Known& known,
            ThreadFacts& thread) {
    Verdict verdict;
    const std::string owner = store::keyspace::redirector_owner(account, app);
    const Known::Document found = known.find(store::keyspace::redirector(owner));
    if (found.state == Known::State::lacking) verdict.resolved = Resolved::lacking;
    if (found.state != Known::State::present) return verdict;
    verdict.rules = &found.as<CachedRules>();
    if (!scan.fill(*verdict.rules, known)) {
        verdict.resolved = Resolved::lacking;
        return verdict;
    }
    verdict.decision = verdict.rules->ruleset().decide(thread.context);
    if (verdict.decision.outcome != rules::Outcome::needs) return verdict;
    scan.give_up_costly(*verdict.rules);
    verdict.decision = verdict.rules->ruleset().decide(thread.context);
    return verdict;
}

// Renders the URL of the rule that `verdict` decided on, while its context is still in place.
bool render(const Verdict& verdict, ThreadFacts& thread) {
    const rules::Ruleset& ruleset = verdict.rules->ruleset();
    thread.url.clear();
    return ruleset.has_url(verdict.decision.rule) &&
           ruleset.render(verdict.decision.rule, thread.context, thread.url) == rules::Rendered::ok;
}

// The first delegate that yields a URL; `done` without one when none does.
Resolved ask_delegates(const Verdict& account,
                       const store::CachedRedirection& redirection,
                       ScanFacts& scan,
                       Known& known,
                       ThreadFacts& thread,
                       Target& target) {
    const auto delegates = account.rules->ruleset().delegates(account.decision.rule);
    // All at once, so that what memory lacks of them is one trip to Redis.
    bool lacking = false;
    for (const auto& delegate : delegates) {
        const std::string owner =
            store::keyspace::redirector_owner(redirection.account(), delegate.app);
        lacking |= known.find(store::keyspace::redirector(owner)).state == Known::State::lacking;
    }
    if (lacking) return Resolved::lacking;
    for (const auto& delegate : delegates) {
        scan.set_application(delegate.project, delegate.app);
        const Verdict verdict = ask(redirection.account(), delegate.app, scan, known, thread);
        if (verdict.resolved == Resolved::lacking) {
            lacking = true;  // go on: what the others lack is loaded in the same trip
            continue;
        }
        if (lacking || verdict.rules == nullptr ||
            verdict.decision.outcome != rules::Outcome::redirect)
            continue;
        if (!render(verdict, thread)) continue;
        thread.reaction_context =
            api::redirection_context(verdict.rules->ruleset(), verdict.decision.rule,
                                     thread.context, scan::kMaxReactionContext);
        target = {thread.url,
                  scan::ReactionLevel::application,
                  verdict.decision.rule + 1,
                  delegate.project,
                  delegate.app,
                  thread.reaction_context};
        return Resolved::done;
    }
    return lacking ? Resolved::lacking : Resolved::done;
}

}  // namespace

Resolved resolve(const store::CachedRedirection& redirection,
                 ScanFacts& scan,
                 Known& known,
                 ThreadFacts& thread,
                 Target& target) {
    target = {redirection.target(), scan::ReactionLevel::fallback, 0, {}, {}, {}};
    const Verdict verdict = ask(redirection.account(), {}, scan, known, thread);
    if (verdict.resolved == Resolved::lacking) return Resolved::lacking;
    if (verdict.rules == nullptr || verdict.decision.outcome == rules::Outcome::none)
        return Resolved::done;
    // Rendered first: asking a delegate puts another context in place.
    const bool has_url = render(verdict, thread);
    const Target own{{}, scan::ReactionLevel::account, verdict.decision.rule + 1, {}, {}, {}};
    if (verdict.decision.outcome == rules::Outcome::delegate) {
        const std::string url = has_url ? thread.url : std::string();
        const Resolved asked = ask_delegates(verdict, redirection, scan, known, thread, target);
        if (asked == Resolved::lacking || target.level == scan::ReactionLevel::application)
            return asked;
        thread.url = url;
    }
    if (!has_url) return Resolved::done;
    target = own;
    target.url = thread.url;
    return Resolved::done;
}

}  // namespace redirector
