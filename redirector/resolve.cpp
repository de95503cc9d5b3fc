#include "redirector/resolve.hpp"

#include "redirector/api/rules_json.hpp"
#include "redirector/store/keyspace.hpp"

#include <boost/container/small_vector.hpp>

namespace redirector {
namespace {

// What one Redirector makes of the scan.
struct Verdict {
    Resolved resolved = Resolved::done;
    const CachedRules* rules = nullptr;  // null: there is no Redirector, or it cannot be reached
    rules::Decision decision;
    DecidedBy otherwise = DecidedBy::no_match;  // if these rules yield no URL
};

// store::keyspace::redirector() of the account's application or (empty) the account, where IDs of
// the usual length need no allocation: every scan asks for it.
class RedirectorKey {
  public:
    RedirectorKey(std::string_view account, std::string_view app) {
        append(store::keyspace::kRedirectorPrefix);
        append("{");
        append(account);
        if (!app.empty()) append(".");
        append(app);
        append("}");
    }
    operator std::string_view() const { return {text_.data(), text_.size()}; }

  private:
    void append(std::string_view part) { text_.insert(text_.end(), part.begin(), part.end()); }

    boost::container::small_vector<char, 64> text_;
};

// Settles what the URL of the rule that was decided on reads; false when a document is lacking.
bool settle_url(const CachedRules& rules,
                std::uint32_t rule,
                ScanFacts& scan,
                Known& known,
                const rules::Context& context) {
    if (rules.costly().empty()) return true;
    for (const rules::Slot slot : rules.ruleset().slots(rule)) {
        const bool pending = context.cell(slot).kind == rules::Cell::Kind::pending;
        if (pending && !scan.settle(rules, slot, known)) return false;
    }
    return true;
}

// Decides, settling what is costly only when the decision hangs on it; false when a document is
// lacking.
bool decide(Verdict& verdict, ScanFacts& scan, Known& known, const rules::Context& context) {
    const CachedRules& rules = *verdict.rules;
    if (!scan.fill(rules, known)) return false;
    verdict.decision = rules.ruleset().decide(context);
    while (verdict.decision.outcome == rules::Outcome::needs) {
        if (!scan.settle(rules, verdict.decision.needed, known)) return false;
        verdict.decision = rules.ruleset().decide(context);
    }
    if (verdict.decision.outcome == rules::Outcome::none) return true;
    return settle_url(rules, verdict.decision.rule, scan, known, context);
}

Verdict ask(std::string_view account,
            std::string_view app,
            ScanFacts& scan,
            Known& known,
            ThreadFacts& thread) {
    Verdict verdict;
    const Known::Document found = known.find(RedirectorKey(account, app));
    if (found.state == Known::State::lacking) verdict.resolved = Resolved::lacking;
    verdict.otherwise =
        found.state == Known::State::unreachable ? DecidedBy::unreachable : DecidedBy::no_rules;
    if (found.state != Known::State::present) return verdict;
    verdict.rules = &found.as<CachedRules>();
    verdict.otherwise = verdict.rules->broken() ? DecidedBy::broken : DecidedBy::no_match;
    if (!decide(verdict, scan, known, thread.context)) verdict.resolved = Resolved::lacking;
    return verdict;
}

// Renders the URL of the rule that `verdict` decided on, while its context is still in place.
bool render(const Verdict& verdict, ThreadFacts& thread) {
    const rules::Ruleset& ruleset = verdict.rules->ruleset();
    thread.url.clear();
    return ruleset.has_url(verdict.decision.rule) &&
           ruleset.render(verdict.decision.rule, thread.context, thread.url) == rules::Rendered::ok;
}

// An application's rules; they have yielded a URL if `target` says so.
Resolved ask_application(std::string_view project,
                         std::string_view app,
                         const Subject& subject,
                         ScanFacts& scan,
                         Known& known,
                         ThreadFacts& thread,
                         Target& target) {
    scan.set_application(project, app);
    const Verdict verdict = ask(subject.account, app, scan, known, thread);
    if (verdict.resolved == Resolved::lacking) return Resolved::lacking;
    target.decided = verdict.otherwise;
    if (verdict.rules == nullptr || verdict.decision.outcome != rules::Outcome::redirect)
        return Resolved::done;
    if (!render(verdict, thread)) return Resolved::done;
    const std::uint32_t rule = verdict.decision.rule;
    thread.reaction_context = api::redirection_context(verdict.rules->ruleset(), rule,
                                                       thread.context, scan::kMaxReactionContext);
    target = {thread.url,
              scan::ReactionLevel::application,
              rule + 1,
              project,
              app,
              thread.reaction_context,
              DecidedBy::application_rule};
    return Resolved::done;
}

// The first delegate that yields a URL; `done` without one when none does.
Resolved ask_delegates(const Verdict& account,
                       const Subject& subject,
                       ScanFacts& scan,
                       Known& known,
                       ThreadFacts& thread,
                       Target& target) {
    const auto delegates = account.rules->ruleset().delegates(account.decision.rule);
    // All at once, so that what memory lacks of them is one trip to Redis.
    bool lacking = false;
    for (const auto& delegate : delegates) {
        const RedirectorKey key(subject.account, delegate.app);
        lacking |= known.find(key).state == Known::State::lacking;
    }
    if (lacking) return Resolved::lacking;
    for (const auto& [project, app] : delegates) {
        Target yielded = target;
        const Resolved asked = ask_application(project, app, subject, scan, known, thread, yielded);
        // Go on when one lacks something: what the others lack is loaded in the same trip.
        lacking |= asked == Resolved::lacking;
        if (lacking || yielded.level != scan::ReactionLevel::application) continue;
        target = yielded;
        return Resolved::done;
    }
    return lacking ? Resolved::lacking : Resolved::done;
}

Resolved ask_account(
    const Subject& subject, ScanFacts& scan, Known& known, ThreadFacts& thread, Target& target) {
    const Verdict verdict = ask(subject.account, {}, scan, known, thread);
    if (verdict.resolved == Resolved::lacking) return Resolved::lacking;
    target.decided = verdict.otherwise;
    if (verdict.rules == nullptr || verdict.decision.outcome == rules::Outcome::none)
        return Resolved::done;
    // Rendered first: asking a delegate puts another context in place.
    const bool has_url = render(verdict, thread);
    if (verdict.decision.outcome == rules::Outcome::delegate) {
        const std::string url = has_url ? thread.url : std::string();
        const Resolved asked = ask_delegates(verdict, subject, scan, known, thread, target);
        if (asked == Resolved::lacking || target.level == scan::ReactionLevel::application)
            return asked;
        thread.url = url;
    }
    if (has_url)
        target = {thread.url, scan::ReactionLevel::account, verdict.decision.rule + 1, {}, {},
                  {},         DecidedBy::account_rule};
    return Resolved::done;
}

}  // namespace

Resolved resolve(
    const Subject& subject, ScanFacts& scan, Known& known, ThreadFacts& thread, Target& target) {
    target = {};
    target.url = subject.default_url;
    const api::Actor* const user = subject.user;
    if (user == nullptr) return ask_account(subject, scan, known, thread, target);
    target.project = user->project;
    target.application = user->app;
    return ask_application(user->project, user->app, subject, scan, known, thread, target);
}

}  // namespace redirector
