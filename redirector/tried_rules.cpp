#include "redirector/tried_rules.hpp"

#include "redirector/api/trials.hpp"
#include "redirector/cached_rules.hpp"
#include "redirector/known.hpp"
#include "redirector/recorded_scan.hpp"
#include "redirector/resolve.hpp"
#include "redirector/thread_facts.hpp"

#include <optional>
#include <string>

namespace redirector {
namespace {

const facts::TrustedProxies kNoProxies;

// Every value that the rules read of the scan, costly ones too; false while a document is lacking.
bool fill_all(const CachedRules& rules,
              ScanFacts& scan,
              Known& known,
              const rules::Context& context) {
    bool complete = scan.fill(rules, known);
    for (const PlannedField& field : rules.costly()) {
        const bool pending = context.cell(field.slot).kind == rules::Cell::Kind::pending;
        if (pending) complete = scan.settle(rules, field.slot, known) && complete;
    }
    return complete;
}

// What `trial` knows of a recorded scan; nothing when Redis does not answer, which is answered.
Awaitable<std::optional<rules::Facts>> facts_of(api::Call& call,
                                                const api::Trial& trial,
                                                const scan::Scan& scan) {
    ThreadFacts& thread = call.services.facts;
    const CachedRules rules(trial.ruleset);
    const RecordedScan recorded(scan, {}, thread.zones);
    std::optional<rules::Facts> facts;
    const auto attempt = [&](Known& known) {
        ScanFacts values(recorded.request(), recorded.subject(), kNoProxies, thread);
        values.set_application(call.captures[0], call.captures[1]);
        if (!fill_all(rules, values, known, thread.context)) return false;
        facts = thread.context.facts();
        return true;
    };
    co_await answer_loading(call.services, attempt);
    co_return facts;
}

}  // namespace

Awaitable<void> explain_rules(api::Call& call) {
    auto request = co_await api::take_explain(call);
    if (!request) co_return;
    if (!request->context) {
        const auto record = co_await api::find_record(call, request->action);
        if (!record) co_return;
        const auto scan =
            scan::decode({reinterpret_cast<const std::uint8_t*>(record->data()), record->size()});
        if (!scan) {
            call.refuse(api::Code::not_found, "action", "the action's record cannot be read");
            co_return;
        }
        request->context = co_await facts_of(call, request->trial, *scan);
        if (!request->context) {
            call.refuse(api::Code::unavailable, "", "the store does not answer; try again");
            co_return;
        }
    }
    const rules::Facts& facts = *request->context;
    const api::Trial& trial = request->trial;
    api::answer_explanation(call, rules::explain(trial.rules, trial.options, facts), facts);
}

}  // namespace redirector
