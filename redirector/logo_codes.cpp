#include "redirector/logo_codes.hpp"

#include "qr/geometry.hpp"
#include "qr/payload.hpp"
#include "qr/render.hpp"
#include "redirector/picture.hpp"

namespace redirector {
namespace {

// Pixels along a module of a trial: those of the default image. Larger modules are as readable, and
// take longer to read.
constexpr int kTrialModule = 3;

// A small image of the same symbol and logo, no larger than the label itself where that is an image
// of so many pixels.
qr::Style trial_style(const std::string& text, const qr::LabelOrder& order) {
    qr::Style style = order.style;
    const auto payload = qr::plan(text, qr::level_of(style));
    if (!payload) return style;
    const int modules = qr::symbol_width(payload->version);
    if (order.zip) {
        const auto own = qr::layout(modules, style);
        if (own && own->module < kTrialModule) return style;
    }
    style.unit = qr::Unit::px;
    style.dpi.reset();
    style.margin.reset();
    style.width = style.height = (modules + 2 * qr::kBorder) * kTrialModule;
    return style;
}

}  // namespace

boost::system::result<std::shared_ptr<const qr::Logo>, qr::Problem> read_logo(
    std::string_view file) {
    const auto picture = read_png(file);
    if (!picture) return qr::Problem{"logo", "logo " + picture.error().message};
    return qr::Logo::make(picture->width, picture->height, picture->rgba);
}

// All formats share one layout: the PNG answers for the others.
std::optional<DrawingProblem> draw_readable(const std::string& text,
                                            const qr::Style& style,
                                            qr::Format format,
                                            std::string& out) {
    const auto draw = [&](qr::Format as) {
        out.clear();
        return qr::draw(text, style, as, out);
    };
    if (style.logo) {
        if (const auto png = draw(qr::Format::png); !png) return DrawingProblem{png.error()};
        if (read_code(out) != text) {
            constexpr const char* kUnreadable =
                "logo makes this code unreadable at this size: ask for a larger image (w) or "
                "change the logo";
            return DrawingProblem{{"logo", kUnreadable}, true};
        }
        if (format == qr::Format::png) return std::nullopt;
    }
    if (const auto drawn = draw(format); !drawn) return DrawingProblem{drawn.error()};
    return std::nullopt;
}

std::optional<qr::Problem> LabelTrial::check(const std::string& text) {
    if (!order_.style.logo || read_.contains(text)) return std::nullopt;
    if (read_.size() == most_)
        return qr::Problem{"logo", "logo goes with at most " + std::to_string(most_) +
                                       " different labels, since each is read back"};
    std::string image;
    const auto problem = draw_readable(text, trial_style(text, order_), qr::Format::png, image);
    if (problem && problem->unreadable)
        return qr::problem("logo",
                           "makes this code unreadable: it takes a larger image or another logo");
    if (problem) return problem->problem;
    read_.insert(text);
    return std::nullopt;
}

}  // namespace redirector
