#include "redirector/tried_rules.hpp"

#include "redirector/api/action_reader.hpp"
#include "redirector/api/documents.hpp"
#include "redirector/api/trials.hpp"
#include "redirector/cached_rules.hpp"
#include "redirector/known.hpp"
#include "redirector/recorded_scan.hpp"
#include "redirector/resolve.hpp"
#include "redirector/scan/stream.hpp"
#include "redirector/store/keyspace.hpp"
#include "redirector/store/redirection.hpp"
#include "redirector/thread_facts.hpp"

#include <boost/asio/post.hpp>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace redirector {
namespace {

const facts::TrustedProxies kNoProxies;

// Actions of other types that a replay may pass over in search of scans.
constexpr std::size_t kMaxExamined = 5000;
// Scans that are replayed in one turn of the loop: others wait meanwhile.
constexpr std::size_t kBetweenTurns = 50;

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

// The rules tried, where a redirect would find those in force.
LoadedDocuments in_place_of(const std::string& key, const store::EntryPtr& tried) {
    LoadedDocuments documents;
    documents.keys.push_back(key);
    documents.results.push_back({store::LoadState::present, tried});
    return documents;
}

// Where a recorded scan leads now; `instead` overrules what is stored. Nothing: Redis does not
// answer.
Awaitable<std::optional<std::string>> target_of(Services& services,
                                                const scan::Scan& scan,
                                                LoadedDocuments instead) {
    std::optional<std::string> url;
    const auto attempt = [&](Known& known) {
        std::string_view usual;
        if (!scan.short_id.empty()) {
            const auto found = known.find(store::keyspace::redirection(scan.short_id));
            if (found.state == Known::State::lacking) return false;
            if (found.state == Known::State::present)
                usual = found.as<store::CachedRedirection>().target();
        }
        const RecordedScan recorded(scan, usual, services.facts.zones);
        ScanFacts facts(recorded.request(), recorded.subject(), kNoProxies, services.facts);
        Target target;
        const Resolved resolved = resolve(recorded.subject(), facts, known, services.facts, target);
        if (resolved == Resolved::lacking) return false;
        url = target.url;
        return true;
    };
    co_await answer_loading(services, attempt, std::move(instead));
    co_return url;
}

// One explanation, perhaps made on another thread.
struct Explaining {
    api::Trial trial;
    rules::Facts facts;
    std::string answer;

    void explain() {
        answer = api::write_explanation(rules::explain(trial.rules, trial.options, facts), facts);
    }
};

bool is_scan(const scan::Scan& scan) {
    return scan.action_type.empty() || scan.action_type == "scans";
}

// Compares where one scan leads with where it would; false when Redis does not answer.
Awaitable<bool> replay_one(Services& services,
                           const api::ReplayRequest& request,
                           const store::EntryPtr& tried,
                           const scan::Position& position,
                           const scan::Scan& scan,
                           api::Replay& replay) {
    std::optional<std::string> before(scan.redirect_url);
    LoadedDocuments stored;
    if (request.draft) before = co_await target_of(services, scan, std::move(stored));
    if (!before) co_return false;
    LoadedDocuments instead = in_place_of(request.trial.key, tried);
    const auto after = co_await target_of(services, scan, std::move(instead));
    if (!after) co_return false;
    ++replay.scans;
    if (*before == *after) co_return true;
    ++replay.elsewhere;
    if (replay.samples.size() == api::kMaxSamples) co_return true;
    replay.samples.push_back(
        {scan::action_id(position),
         std::string(scan.action_type.empty() ? scan::kImplicitScans : scan.action_type),
         scan.time_ms, std::string(scan.short_id), std::string(scan.redirect_url), *before,
         *after});
    co_return true;
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
            api::refuse_store(call);
            co_return;
        }
    }
    const auto job = std::make_shared<Explaining>();
    job->trial = std::move(request->trial);
    job->facts = std::move(*request->context);
    std::function<void()> work = [job] { job->explain(); };
    const std::size_t bytes = rules::text_bytes(job->trial.rules);
    const bool ran = co_await api::work_on_text(call, bytes, std::move(work));
    if (!ran) co_return;
    call.reply.content_type = "application/json";
    call.reply.body = std::move(job->answer);
}

Awaitable<void> replay_scans(api::Call& call) {
    const auto request = co_await api::take_replay(call);
    if (!request) co_return;
    api::ActionReader reader(call.services.scan_redis, call.actor.account, {}, std::nullopt);
    const store::EntryPtr tried(new CachedRules(request->trial.ruleset));
    api::Replay replay;
    bool answering = true;
    for (std::size_t examined = 0; answering && examined < kMaxExamined; ++examined) {
        if (replay.scans == request->scans) break;
        const auto position = co_await reader.next();
        if (!position) break;
        const auto scan = reader.scan_at(*position);
        if (!scan || !is_scan(*scan)) continue;
        answering = co_await replay_one(call.services, *request, tried, *position, *scan, replay);
        if (examined % kBetweenTurns != 0) continue;
        const auto executor = co_await net::this_coro::executor;
        co_await net::post(executor, use_tuple);
    }
    if (!answering || reader.failed()) {
        api::refuse_store(call);
    } else {
        api::answer_replay(call, replay);
    }
}

}  // namespace redirector
