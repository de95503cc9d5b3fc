#include "redirector/sheet_endpoint.hpp"

#include "qr/label_file.hpp"
#include "redirector/api/redirection_selection.hpp"
#include "redirector/body_stream.hpp"
#include "redirector/drawing_pools.hpp"
#include "redirector/logo_codes.hpp"
#include "redirector/logo_endpoint.hpp"
#include "redirector/qr_endpoint.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <functional>
#include <memory>
#include <optional>

namespace redirector {
namespace {

using Clock = std::chrono::steady_clock;
using ShortIds = std::vector<std::string>;

constexpr std::chrono::minutes kSheetTime{10};
constexpr std::size_t kPiece = 32'768;        // bytes that are drawn at a time, or a label more
constexpr std::size_t kCheckedAtOnce = 1000;  // labels: about a millisecond
constexpr std::size_t kReadAtOnce = 20;       // labels that are read back: ten milliseconds

constexpr std::string_view kLogoField = "logo";

constexpr auto kOrderFields = [] {
    std::array<api::FieldSpec, api::kSelectionFields.size() + qr::kLabelParameters.size() + 1>
        fields;
    auto* next = std::ranges::copy(api::kSelectionFields, fields.begin()).out;
    for (const qr::ParameterInfo& parameter : qr::kLabelParameters)
        *next++ = {.name = parameter.name, .type = api::Type::any, .meaning = parameter.meaning};
    *next = {
        .name = kLogoField,
        .type = api::Type::any,
        .meaning = "true: the account's logo in each code, which has level H and is read back"};
    return fields;
}();

// One of the sheets that may be sent at once; given back when the last byte is.
class SheetSlot {
  public:
    explicit SheetSlot(std::atomic<std::size_t>& open)
        : open_(open), taken_(open.fetch_add(1) < DrawingPools::kMaxSheets) {}
    ~SheetSlot() { open_.fetch_sub(1); }
    SheetSlot(const SheetSlot&) = delete;
    SheetSlot& operator=(const SheetSlot&) = delete;

    bool taken() const { return taken_; }

  private:
    std::atomic<std::size_t>& open_;
    const bool taken_;
};

// What the drawing thread works on. While work() waits for it, nobody else touches it.
class Drawing {
  public:
    Drawing(const qr::LabelOrder& order, std::string payload_base, ShortIds ids)
        : payload_base_(std::move(payload_base)),
          ids_(std::move(ids)),
          file_(order, piece_),
          trial_(order),
          checked_at_once_(order.style.logo ? kReadAtOnce : kCheckedAtOnce) {}

    // Looks at the next labels, whether they can be drawn; true when all have been, or `problem()`
    // holds the first that cannot.
    bool check_some() {
        const std::size_t end = std::min(ids_.size(), next_ + checked_at_once_);
        for (; next_ < end && !problem_; ++next_) {
            const std::string text = payload_base_ + ids_[next_];
            const auto good = file_.check(text, ids_[next_]);
            problem_ = good ? trial_.check(text) : std::optional(good.error());
            if (problem_) problem_->message += ", for \"" + ids_[next_] + "\"";
        }
        const bool done = next_ == ids_.size() || problem_;
        if (done) next_ = 0;
        return done;
    }
    const std::optional<qr::Problem>& problem() const { return problem_; }

    BodyStream::Step draw_some() {
        while (piece_.size() < kPiece && next_ < ids_.size()) {
            const auto added = file_.add(payload_base_ + ids_[next_], ids_[next_], piece_);
            if (!added) return BodyStream::Step::failed;
            ++next_;
        }
        if (next_ < ids_.size()) return BodyStream::Step::more;
        file_.finish(piece_);
        return BodyStream::Step::end;
    }
    std::string& piece() { return piece_; }

  private:
    const std::string payload_base_;
    const ShortIds ids_;
    std::string piece_;
    qr::LabelFile file_;
    LabelTrial trial_;
    const std::size_t checked_at_once_;
    std::size_t next_ = 0;
    std::optional<qr::Problem> problem_;
};

class SheetStream final : public BodyStream {
  public:
    SheetStream(std::shared_ptr<Drawing> drawing, std::unique_ptr<SheetSlot> slot, WorkerPool& pool)
        : drawing_(std::move(drawing)), slot_(std::move(slot)), pool_(pool) {}

    Awaitable<Step> next(std::string& out) override {
        if (Clock::now() > deadline_) co_return Step::failed;
        const auto step = std::make_shared<Step>(Step::failed);
        std::function<void()> work = [step, drawing = drawing_] { *step = drawing->draw_some(); };
        co_await pool_.run(std::move(work));
        out.swap(drawing_->piece());
        co_return *step;
    }

  private:
    std::shared_ptr<Drawing> drawing_;
    std::unique_ptr<SheetSlot> slot_;
    WorkerPool& pool_;
    Clock::time_point deadline_ = Clock::now() + kSheetTime;
};

// The body, read on the drawing thread: it may name tens of thousands of redirections.
Awaitable<api::SelectionBody> read_body(api::Call& call) {
    struct Reading {
        Request request;
        std::string body;
        std::string content_type;
        api::SelectionBody result;
    };
    const auto reading = std::make_shared<Reading>();
    reading->body = call.request.body;
    reading->content_type = call.request.field(Field::content_type);
    reading->request.body = reading->body;
    reading->request.fields[static_cast<std::size_t>(Field::content_type)] = reading->content_type;
    std::function<void()> work = [reading] {
        reading->result = api::read_selection(reading->request, kSheetOrder);
    };
    co_await call.services.drawing.sheets.run(std::move(work));
    co_return std::move(reading->result);
}

// The order that the body's other fields make, but for its logo, which it says whether to have.
struct Order {
    qr::LabelOrder labels;
    bool logo = false;
};

std::optional<Order> read_order(api::Call& call, const api::SelectionBody& body) {
    if (!body.problems.empty()) {
        call.refuse(body.problems);
        return std::nullopt;
    }
    Order order;
    const auto refuse = [&call](const qr::Problem& problem) {
        call.refuse(api::Code::invalid_field, problem.parameter, "sheet." + problem.message);
        return std::nullopt;
    };
    std::vector<qr::Parameter> parameters;
    for (const auto& [name, value] : body.others) {
        if (name != kLogoField) {
            parameters.emplace_back(name, value);
            continue;
        }
        const auto on = qr::parse_switch(name, value);
        if (!on) return refuse(on.error());
        order.logo = *on;
    }
    const auto labels = qr::parse_labels(parameters);
    if (!labels) return refuse(labels.error());
    order.labels = *labels;
    return order;
}

// False: there is none, or the store is down, which is answered.
Awaitable<bool> add_logo(api::Call& call, qr::LabelOrder& order) {
    const StoredLogo stored = co_await fetch_logo(call);
    if (stored.answered) co_return false;
    order.style.logo = stored.logo;
    if (stored.logo == nullptr) {
        call.refuse(api::Code::invalid_field, std::string(kLogoField),
                    "sheet.logo is true, but the account has none");
    }
    co_return stored.logo != nullptr;
}

// Files of a ZIP are named by their short IDs.
bool refuse_repeated(api::Call& call, ShortIds ids) {
    std::ranges::sort(ids);
    const auto repeated = std::ranges::adjacent_find(ids);
    if (repeated == ids.end()) return false;
    call.refuse(api::Code::invalid_field, "shortIds",
                "sheet.shortIds names \"" + *repeated + "\" more than once, which a ZIP cannot");
    return true;
}

// False: a label cannot be drawn, which is answered.
Awaitable<bool> check_labels(api::Call& call, std::shared_ptr<Drawing> drawing) {
    const auto done = std::make_shared<bool>(false);
    while (!*done) {
        std::function<void()> work = [done, drawing] { *done = drawing->check_some(); };
        co_await call.services.drawing.sheets.run(std::move(work));
    }
    if (!drawing->problem()) co_return true;
    call.refuse(api::Code::invalid_field, drawing->problem()->parameter,
                "sheet." + drawing->problem()->message);
    co_return false;
}

}  // namespace

const api::DocumentSpec kSheetOrder{"sheet", kOrderFields};

Awaitable<void> create_sheet(api::Call& call) {
    DrawingPools& pools = call.services.drawing;
    auto slot = std::make_unique<SheetSlot>(pools.open_sheets);
    if (!slot->taken()) {
        call.refuse(api::Code::unavailable, "", "too many sheets are being drawn; try again");
        co_return;
    }
    api::SelectionBody body = co_await read_body(call);
    auto read = read_order(call, body);
    if (!read) co_return;
    qr::LabelOrder& order = read->labels;
    if (read->logo) {
        const bool added = co_await add_logo(call, order);
        if (!added) co_return;
    }
    auto ids = co_await api::select_redirections(call, kSheetOrder.name, std::move(body.selection));
    if (!ids || (order.zip && refuse_repeated(call, *ids))) co_return;
    const std::size_t labels = ids->size();
    auto drawing =
        std::make_shared<Drawing>(order, qr_payload(call.services.config, ""), std::move(*ids));
    const bool good = co_await check_labels(call, drawing);
    if (!good) co_return;
    call.reply.content_type = order.media_type();
    call.reply.add("Content-Disposition", order.zip ? "attachment; filename=\"codes.zip\""
                                                    : "attachment; filename=\"labels.pdf\"");
    call.reply.add("Cache-Control", "no-store");
    call.reply.add("x-result-count", std::to_string(labels));
    call.reply.stream =
        std::make_shared<SheetStream>(std::move(drawing), std::move(slot), pools.sheets);
}

}  // namespace redirector
