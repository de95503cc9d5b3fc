#include "redirector/scan/shipper.hpp"

#include "redirector/scan/batch.hpp"
#include "redirector/scan/clock.hpp"
#include "redirector/scan/enrichment.hpp"
#include "redirector/scan/lane_reader.hpp"
#include "redirector/scan/spool_parts.hpp"
#include "redirector/scan/stream.hpp"

#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>

#include <algorithm>
#include <cassert>
#include <iterator>
#include <utility>

namespace redirector::scan {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;
using Timer = net::basic_waitable_timer<Clock, net::wait_traits<Clock>, Executor>;

constexpr std::size_t kMarksPerExchange = 512;
constexpr std::size_t kPieceRecords = 32;  // at least, of what is sent before an answer is awaited
constexpr std::size_t kMostPieces = 16;    // of a load, so that a far Redis costs few round trips
constexpr auto kRetireEvery = 1s;
constexpr auto kPauseSlice = 50ms;  // how soon drain() is noticed
constexpr auto kFirstBehindRetry = 1s;
constexpr auto kLastBehindRetry = 60s;

bool has_no_script(const Answer& answer) {
    return answer.kind == Answer::Kind::error && answer.text.starts_with("NOSCRIPT");
}

// An error that lies in the partition's own keys: waiting alone does not cure it, and it says
// nothing of other partitions. All others (LOADING, OOM, READONLY, CLUSTERDOWN ...) are Redis'
// state.
bool lies_in_keys(const Answer& answer) {
    return answer.text.starts_with("WRONGTYPE") || answer.text.starts_with("ERR");
}

// The script unpacks a batch's short ids onto Lua's stack, so the bounds of ShipperOptions must
// hold.
ShipperOptions bounded(ShipperOptions options) {
    options.batch_records = std::clamp<std::size_t>(options.batch_records, 1, 512);
    options.records_per_entry =
        std::clamp<std::size_t>(options.records_per_entry, 1, kMaxRecordsPerEntry);
    return options;
}

// What became of a load once every part has its answer.
struct Outcome {
    std::size_t taken = 0;
    std::size_t refused = 0;
    bool unable = false;     // Redis cannot write at the moment
    bool surprised = false;  // a mark was not what we took it for
};

Outcome judge(LaneReader& lane,
              const LaneReader::Load& load,
              const std::vector<Answer>& answers,
              std::vector<LaneReader::Slot>& refused) {
    Outcome outcome;
    for (std::size_t i = 0; i < load.parts.size(); ++i) {
        const LaneReader::Load::Part& part = load.parts[i];
        if (answers[i].kind == Answer::Kind::error) {
            ++outcome.refused;
            outcome.unable = outcome.unable || !lies_in_keys(answers[i]);
            refused.push_back(part.slot);
        } else if (answers[i].text == kShipped) {
            ++outcome.taken;
            lane.confirm(part);
        } else if (std::find(refused.begin(), refused.end(), part.slot) == refused.end()) {
            outcome.surprised = true;  // and not just because the part before it was refused
        }
    }
    return outcome;
}

// The parts from `first` to before `end`.
Awaitable<bool> send_piece(Sink& sink,
                           LaneReader::Load& load,
                           std::size_t first,
                           std::size_t end,
                           std::vector<Answer>& answers) {
    std::vector<Command> commands;
    for (std::size_t i = first; i < end; ++i)
        commands.push_back(load.parts[i].batch.command(false));
    std::vector<Answer> some;
    const auto error = co_await sink.exchange(commands, some);
    if (error) co_return false;
    std::vector<std::size_t> again;
    for (std::size_t i = 0; i < some.size(); ++i)
        if (has_no_script(some[i])) again.push_back(i);
    if (!again.empty()) {
        commands.clear();
        for (const std::size_t i : again)
            commands.push_back(load.parts[first + i].batch.command(true));
        std::vector<Answer> second;
        const auto failure = co_await sink.exchange(commands, second);
        if (failure) co_return false;
        for (std::size_t i = 0; i < again.size(); ++i)
            some[again[i]] = std::move(second[i]);
    }
    std::ranges::move(some, std::back_inserter(answers));
    co_return true;
}

// All parts, an answer for each; false where Redis cannot be reached. In pieces: a Redis that shares
// cores with our listeners works on each for a fraction of a millisecond, and waits for the next
// meanwhile.
Awaitable<bool> send(Sink& sink, LaneReader::Load& load, std::vector<Answer>& answers) {
    std::size_t records = 0;
    for (const auto& part : load.parts)
        records += part.batch.records();
    const std::size_t piece = std::max(kPieceRecords, records / kMostPieces);
    for (std::size_t first = 0; first < load.parts.size(); first = answers.size()) {
        std::size_t end = first;
        for (std::size_t in_piece = 0; end < load.parts.size() && in_piece < piece; ++end)
            in_piece += load.parts[end].batch.records();
        const bool answered = co_await send_piece(sink, load, first, end, answers);
        if (!answered) co_return false;
    }
    co_return true;
}

}  // namespace

Shipper::Shipper(Spool& spool, Sink& sink, ShipperOptions options, Enrichment* enrichment)
    : spool_(spool),
      sink_(sink),
      options_(bounded(options)),
      enrichment_(enrichment),
      delay_(options.first_retry),
      behind_delay_(kFirstBehindRetry),
      random_(static_cast<unsigned>(spool.parts().identity.incarnation)) {
    make_readers();
}

Shipper::~Shipper() = default;

LaneReader& Shipper::reader(const std::string& node, unsigned lane) {
    const std::string field = node + "." + std::to_string(lane);
    for (const auto& known : lanes_)
        if (known->field() == field) return *known;
    Spool::Parts& parts = spool_.parts();
    return *lanes_.emplace_back(std::make_unique<LaneReader>(field, options_, *parts.keeper,
                                                             parts.tallies.shipper, enrichment_));
}

void Shipper::make_readers() {
    Spool::Parts& parts = spool_.parts();
    for (SegmentFile* segment : std::exchange(parts.left, {}))
        reader(segment->header().node, segment->header().lane).add_left(segment);
    for (const auto& lane : parts.lanes)
        reader(parts.identity.node, lane->number()).follow(*lane);
}

void Shipper::drain(std::chrono::milliseconds limit) noexcept {
    drain_until_.store((Clock::now() + limit).time_since_epoch().count());
}

bool Shipper::finished() const {
    const std::int64_t until = drain_until_.load();
    if (until == 0) return false;
    if (Clock::now().time_since_epoch().count() >= until) return true;
    // A Redis that was away since the marks were read may have come back without what it had.
    const bool sure = generation_ == 0 || (!stale_ && sink_.generation() == generation_);
    return sure && spool_.counters().spooled == 0;
}

Awaitable<void> Shipper::run() {
    for (const auto& lane : lanes_) {
        while (!finished() && lane->survey_left()) {
            tell(*lane);
            co_await net::post(net::use_awaitable_t<Executor>());
            if (!lane->trouble().empty()) co_await pause(options_.first_retry);
        }
    }
    while (!finished()) {
        const Progress progress = co_await step();
        if (progress == Progress::failed) {
            stale_ = true;
            const auto delay = next_delay();
            co_await pause(delay);
            continue;
        }
        delay_ = options_.first_retry;
        if (progress == Progress::idle) co_await pause(options_.poll);
    }
}

// One round over all lanes.
Awaitable<Shipper::Progress> Shipper::step() {
    const bool behind = spool_.parts().tallies.shipper.behind.get() > 0;
    if (!behind) behind_delay_ = kFirstBehindRetry;
    if (behind && Clock::now() >= behind_at_) {
        behind_delay_ = std::min<std::chrono::milliseconds>(behind_delay_ * 2, kLastBehindRetry);
        behind_at_ = Clock::now() + behind_delay_;
        stale_ = true;
    }
    if (stale_ || sink_.generation() != generation_) {
        const bool good = co_await resume();
        if (!good) co_return Progress::failed;
    }
    Progress progress = Progress::idle;
    const std::uint64_t begin = now_ms();
    for (const auto& lane : lanes_) {
        const Progress one = co_await ship(*lane);
        if (one == Progress::failed) co_return one;
        if (one == Progress::moved) progress = one;
    }
    ShipperTallies& tallies = spool_.parts().tallies.shipper;
    if (progress == Progress::idle && tallies.waiting.get() == 0) tallies.caught_up_ms.set(begin);
    if (Clock::now() >= retire_at_ || spool_.parts().keeper->pressed()) {
        retire_at_ = Clock::now() + kRetireEvery;
        for (const auto& lane : lanes_) {
            const bool good = co_await retire(*lane);
            if (!good) co_return Progress::failed;
        }
    }
    co_return progress;
}

// ---- after a (re)connect

Awaitable<bool> Shipper::resume() {
    const std::uint64_t generation = sink_.generation();
    const bool claimed = co_await claim_epochs();
    if (!claimed) co_return false;
    for (const auto& lane : lanes_) {
        std::vector<LaneReader::Slot> slots = lane->all_slots();
        const bool good = co_await read_marks(*lane, std::move(slots));
        if (!good) co_return false;
    }
    for (const auto& lane : lanes_)
        lane->rewind();
    generation_ = generation;
    stale_ = false;
    co_return true;
}

// Epochs are claimed from the lowest on, so that a node's marks only ever rise.
Awaitable<bool> Shipper::claim_epochs() {
    for (;;) {
        Epoch lowest;
        std::string node;
        for (const auto& lane : lanes_) {
            const Epoch epoch = lane->unclaimed();
            if (epoch.number == 0 || (lowest.number != 0 && epoch.number >= lowest.number))
                continue;
            lowest = epoch;
            node = lane->field().substr(0, lane->field().rfind('.'));
        }
        const Identity& own = spool_.parts().identity;
        if (!own_claimed_ && (lowest.number == 0 || lowest.number >= own.epoch)) {
            lowest = {own.epoch, own.incarnation};
            node = own.node;
            own_claimed_ = true;
        }
        if (lowest.number == 0) co_return true;
        const bool good = co_await claim_epoch(node, lowest);
        if (!good) {
            own_claimed_ = own_claimed_ && lowest.number != own.epoch;
            co_return false;
        }
    }
}

Awaitable<bool> Shipper::claim_epoch(const std::string& node, Epoch epoch) {
    const std::string key = epoch_key(node);
    const std::string number = std::to_string(epoch.number);
    const std::string incarnation = std::to_string(epoch.incarnation);
    std::vector<Command> commands(1);
    commands[0].key = key;
    commands[0].words = {"EVAL", kClaimScript, "1", key, number, incarnation};
    std::vector<Answer> answers;
    const auto error = co_await sink_.exchange(commands, answers);
    if (error || answers[0].kind != Answer::Kind::text) co_return false;
    const auto as = parse_mark(answers[0].text + "-0");
    if (!as) co_return false;
    for (const auto& lane : lanes_)
        if (lane->field().starts_with(node + ".")) lane->claim(epoch.number, as->epoch);
    co_return true;
}

Awaitable<bool> Shipper::read_marks(LaneReader& lane, std::vector<LaneReader::Slot> slots) {
    bool read = slots.empty();
    bool unable = false;
    for (std::size_t begin = 0; begin < slots.size(); begin += kMarksPerExchange) {
        const std::size_t end = std::min(begin + kMarksPerExchange, slots.size());
        std::vector<std::string> keys;
        for (std::size_t i = begin; i < end; ++i)
            keys.push_back(marks_key(lane.partition(slots[i])));
        std::vector<Command> commands;
        for (const std::string& key : keys)
            commands.push_back({key, {"HGET", key, lane.field()}});
        std::vector<Answer> answers;
        const auto error = co_await sink_.exchange(commands, answers);
        if (error) co_return false;
        for (std::size_t i = begin; i < end; ++i) {
            const Answer& answer = answers[i - begin];
            const auto mark = parse_mark(answer.text);
            if (answer.kind == Answer::Kind::error || !mark) {
                lane.refuse(slots[i]);
                unable = unable || !lies_in_keys(answer);
            } else {
                lane.found_mark(slots[i], *mark);
                read = true;
            }
        }
    }
    lane.settle_marks();
    co_return read || !unable;
}

// ---- sending

// What must be known of partitions, and of scans, before anything can be sent.
Awaitable<bool> Shipper::learn(LaneReader& lane, std::vector<LaneReader::Slot> slots) {
    if (enrichment_ != nullptr) {
        std::vector<std::string> accounts;
        for (const LaneReader::Slot slot : slots)
            accounts.push_back(lane.partition(slot).account);
        std::sort(accounts.begin(), accounts.end());
        accounts.erase(std::unique(accounts.begin(), accounts.end()), accounts.end());
        const bool learned = co_await enrichment_->learn(std::move(accounts));
        if (!learned) co_return false;
    }
    std::erase_if(slots, [&lane](LaneReader::Slot slot) { return lane.knows_mark(slot); });
    co_return co_await read_marks(lane, std::move(slots));
}

Awaitable<Shipper::Progress> Shipper::ship(LaneReader& lane) {
    LaneReader::Load load = lane.collect();
    tell(lane);
    while (load.incomplete()) {
        const bool good = co_await learn(lane, std::move(load.unknown));
        if (!good) co_return Progress::failed;
        load = lane.collect();
    }
    const Progress progress = lane.at_end() ? Progress::idle : Progress::moved;
    if (load.parts.empty()) {
        lane.advance();
        co_return progress;
    }
    std::vector<Answer> answers;
    const bool answered = co_await send(sink_, load, answers);
    ShipperTallies& tallies = spool_.parts().tallies.shipper;
    if (!answered) {
        tallies.retried.add(load.parts.size());
        co_return Progress::failed;
    }
    std::vector<LaneReader::Slot> refused;
    const Outcome outcome = judge(lane, load, answers, refused);
    tallies.batches.add(outcome.taken);
    tallies.retried.add(outcome.refused);
    if (outcome.surprised || (outcome.unable && outcome.taken == 0)) co_return Progress::failed;
    for (const LaneReader::Slot slot : refused)
        lane.refuse(slot);
    if (!refused.empty()) behind_at_ = std::max(behind_at_, Clock::now() + kFirstBehindRetry);
    lane.advance();
    co_return progress;
}

// Once for each trouble.
void Shipper::tell(const LaneReader& lane) {
    if (lane.trouble().empty() || lane.trouble() == told_) return;
    told_ = lane.trouble();
    if (spool_.options().log) spool_.options().log("scan spool: " + told_);
}

// Removes segments that have served, after a last look at the marks.
Awaitable<bool> Shipper::retire(LaneReader& lane) {
    for (;;) {
        const auto segment = lane.retirable(now_ms(), spool_.parts().keeper->pressed());
        if (segment.file == nullptr) co_return true;
        const bool good = co_await read_marks(lane, segment.slots);
        if (!good) co_return false;
        if (!lane.confirmed(segment.file)) {
            stale_ = true;
            co_return true;
        }
        lane.remove(segment);
    }
}

// ---- waiting

std::chrono::milliseconds Shipper::next_delay() {
    const auto delay = delay_;
    delay_ = std::min(delay_ * 2, options_.last_retry);
    const auto half = delay.count() / 2;
    std::uniform_int_distribution<std::int64_t> jitter(-half, half);
    return std::chrono::milliseconds(delay.count() + jitter(random_));
}

Awaitable<void> Shipper::pause(std::chrono::milliseconds time) {
    const auto executor = co_await net::this_coro::executor;
    Timer timer(executor);
    const auto until = Clock::now() + time;
    while (Clock::now() < until && !finished()) {
        const auto slice = std::min<Clock::duration>(until - Clock::now(), kPauseSlice);
        timer.expires_after(slice);
        co_await timer.async_wait(use_tuple);
    }
}

}  // namespace redirector::scan
