// URL templates: encoding by place, what is refused when written, what yields no result when used.
#include "rules/template.hpp"

#include "rules/dry_run.hpp"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace rules {
namespace {

// The URL, or the kind of the error.
std::string url(std::string_view text, const Facts& facts = {}, const UrlPolicy& policy = {}) {
    const auto rendered = evaluate_template(text, facts, policy);
    return rendered.has_error() ? std::string(to_string(rendered.error().kind)) : *rendered;
}

struct Refusal {
    std::string_view text;
    ProblemKind kind;
    std::size_t offset;
};

TEST(Template, ReferenceExamplesRender) {
    EXPECT_EQ(url("https://evrythng.com/{thng.id}", {{"thng.id", "U123"}}),
              "https://evrythng.com/U123");
    EXPECT_EQ(url("https://evrythng.com/%7bthng.id%7d", {{"thng.id", "U123"}}),
              "https://evrythng.com/U123");
    EXPECT_EQ(url("https://example.com/action?name={thng.name}&sap_code={thng.identifiers.sap_code}"
                  "&timestamp={timestamp}",
                  {{"thng.name", "Blue & Red"},
                   {"thng.identifiers.sap_code", "00/7"},
                   {"time", 1497455681787}}),
              "https://example.com/action?name=Blue%20%26%20Red&sap_code=00%2F7"
              "&timestamp=1497455681787");
}

TEST(Template, BothFormsOfBracesMix) {
    for (const char* text : {"https://e.com/{thng.id%7D", "https://e.com/%7Bthng.id}",
                             "https://e.com/%7Bthng.id%7d", "https://e.com/{thng%2Eid}"}) {
        EXPECT_EQ(url(text, {{"thng.id", "x"}}), "https://e.com/x") << text;
    }
    EXPECT_EQ(url("https://e.com/{thng.customFields.a%20b}", {{"thng.customFields.a b", "x"}}),
              "https://e.com/x");
}

TEST(Template, EachPlaceHasItsEncoding) {
    const Facts facts = {{"thng.name", "a/b?c#d e+f%2F{x}\r\n\xC3\xA9~-._"}};
    const std::string tail = "%3Fc%23d%20e%2Bf%252F%7Bx%7D%0D%0A%C3%A9~-._";
    EXPECT_EQ(url("https://e.com/{thng.name}", facts), "https://e.com/a/b" + tail);
    EXPECT_EQ(url("https://e.com/?q={thng.name}", facts), "https://e.com/?q=a%2Fb" + tail);
    EXPECT_EQ(url("https://e.com/?{thng.name}=1", facts), "https://e.com/?a%2Fb" + tail + "=1");
    EXPECT_EQ(url("https://e.com/#{thng.name}", facts), "https://e.com/#a%2Fb" + tail);
    EXPECT_EQ(url("https://e.com?q={thng.name}", {{"thng.name", "/"}}), "https://e.com?q=%2F");
    EXPECT_EQ(url("https://e.com/a?b?c/{thng.name}", {{"thng.name", "/"}}),
              "https://e.com/a?b?c/%2F");
}

TEST(Template, EveryByteIsEscapedOrUnreserved) {
    constexpr std::string_view kUnreserved =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";
    for (int byte = 0; byte < 256; ++byte) {
        const std::string value(1, static_cast<char>(byte));
        std::string expected = value;
        if (kUnreserved.find(value) == std::string_view::npos) {
            char escape[4];
            std::snprintf(escape, sizeof escape, "%%%02X", byte);
            expected = escape;
        }
        EXPECT_EQ(url("https://e.com/?q={thng.name}", {{"thng.name", value}}),
                  "https://e.com/?q=" + expected);
    }
}

TEST(Template, ValuesAreWrittenByTheirType) {
    const auto shown = [](Value value) {
        return url("https://e.com/?v={query.v}", {{"query.v", std::move(value)}}).substr(17);
    };
    EXPECT_EQ(shown(42), "42");
    EXPECT_EQ(shown(std::int64_t{9'007'199'254'740'993}), "9007199254740993");
    EXPECT_EQ(shown(3.0), "3");
    EXPECT_EQ(shown(-0.5), "-0.5");
    EXPECT_EQ(shown(999'999'999'999'999.0), "999999999999999");
    EXPECT_EQ(shown(1e15), "1e%2B15");
    EXPECT_EQ(shown(0.1), "0.1");
    EXPECT_EQ(shown(true), "true");
    EXPECT_EQ(shown(ValueList{Value("b c"), Value("a"), Value(1), Value(false)}),
              "b%20c%2Ca%2C1%2Cfalse");
    EXPECT_EQ(shown(Object{}), "");
    EXPECT_EQ(shown(Value()), "");
    EXPECT_EQ(shown(ValueList{}), "");
    EXPECT_EQ(url("https://e.com/{country}", {{"country", "dE"}}), "https://e.com/dE");
    EXPECT_EQ(url("https://e.com/{thng.tags}", {{"thng.tags", ValueList{"z", "a"}}}),
              "https://e.com/z%2Ca");
}

TEST(Template, FieldsWinOverConstants) {
    const Facts facts = {{"constants.brand", "a&b"}, {"constants.country", "c"}, {"country", "DE"}};
    EXPECT_EQ(url("https://e.com/?b={brand}", facts), "https://e.com/?b=a%26b");
    EXPECT_EQ(url("https://e.com/?b={constants.brand}", facts), "https://e.com/?b=a%26b");
    EXPECT_EQ(url("https://e.com/{country}{constants.country}", facts), "https://e.com/DEc");
    EXPECT_EQ(url("https://e.com/{other}", facts), "unknown-field");
    EXPECT_EQ(url("https://e.com/{constants.other}", facts), "unknown-field");
    EXPECT_EQ(url("https://e.com/{thng.customFields.}", facts), "unknown-field");
}

TEST(Template, OnlyHttpAndConfiguredSchemes) {
    for (const char* text :
         {"", "example.com/x", "//e.com/", "javascript:alert(1)", "ftp://e.com/", "https:/e.com",
          "https:e.com", "{constants.s}://e.com/", " https://e.com/", "data:text/html,x"}) {
        EXPECT_EQ(url(text, {{"constants.s", "https"}}), "scheme") << text;
    }
    EXPECT_EQ(url("HTTPS://e.com"), "HTTPS://e.com");
    const std::string_view schemes[] = {"myapp"};
    EXPECT_EQ(url("myapp://open/{thng.id}", {{"thng.id", "1"}}, {schemes, {}}), "myapp://open/1");
    EXPECT_EQ(url("myapp://open/"), "scheme");
}

TEST(Template, HostsAreLiteralAndPlain) {
    for (const char* text : {"https://",
                             "https:///x",
                             "https://?q",
                             "https://:80/",
                             "https://user@e.com/",
                             "https://e.com@evil.com/",
                             "https://{thng.id}/",
                             "https://e.com{thng.id}",
                             "https://%7Bthng.id%7D.e.com/",
                             "https://e.com:{thng.id}/",
                             "https://e%2Ecom/",
                             "https://e.com\\@evil.com/",
                             "https://e .com/",
                             "https://e.com:port/",
                             "https://../",
                             "https://e.com:70000/",
                             "https://[::1/",
                             "https://[::g]/",
                             "https://[::1]x/",
                             "https://\xC3\xA9.com/"}) {
        EXPECT_EQ(url(text), "syntax") << text;
    }
    for (const char* text : {"https://e.com", "https://xn--9ca.com:8443/", "http://127.0.0.1/",
                             "https://[2001:db8::1]:443/x", "https://e.com:/"}) {
        EXPECT_EQ(url(text), text);
    }
}

TEST(Template, LiteralTextIsAlreadyUrl) {
    const Refusal refusals[] = {
        {"https://e.com/a b", ProblemKind::syntax, 15},
        {"https://e.com/a\nb", ProblemKind::syntax, 15},
        {"https://e.com/\xC3\xA9", ProblemKind::syntax, 14},
        {"https://e.com/a\\b", ProblemKind::syntax, 15},
        {"https://e.com/<", ProblemKind::syntax, 14},
        {"https://e.com/>", ProblemKind::syntax, 14},
        {"https://e.com/\"", ProblemKind::syntax, 14},
        {"https://e.com/^", ProblemKind::syntax, 14},
        {"https://e.com/`", ProblemKind::syntax, 14},
        {"https://e.com/100%", ProblemKind::syntax, 17},
        {"https://e.com/%4", ProblemKind::syntax, 14},
        {"https://e.com/%zz", ProblemKind::syntax, 14},
        {"https://e.com/#a#b", ProblemKind::syntax, 16},
        {"https://e.com/{", ProblemKind::syntax, 14},
        {"https://e.com/{a", ProblemKind::syntax, 14},
        {"https://e.com/}", ProblemKind::syntax, 14},
        {"https://e.com/%7D", ProblemKind::syntax, 14},
        {"https://e.com/{}", ProblemKind::syntax, 14},
        {"https://e.com/{a{b}}", ProblemKind::syntax, 16},
        {"https://e.com/{a%7Bb}", ProblemKind::syntax, 16},
        {"https://e.com/{a%4}", ProblemKind::syntax, 16},
    };
    for (const Refusal& refusal : refusals) {
        const auto rendered = evaluate_template(refusal.text, {});
        ASSERT_TRUE(rendered.has_error()) << refusal.text;
        EXPECT_EQ(rendered.error().kind, refusal.kind) << refusal.text;
        EXPECT_EQ(rendered.error().offset, refusal.offset) << refusal.text;
        EXPECT_EQ(rendered.error().member, Member::redirect_url);
    }
    const char* legal = "https://e.com/a%20b;c=1,2/(x)!*'$&+:@?a=[1]|/?#f/?%7E";
    EXPECT_EQ(url(legal), legal);
}

TEST(Template, ValuesNeverMakeDotSegments) {
    const auto with = [](std::string_view text, const char* value) {
        return url(text, {{"thng.name", value}});
    };
    for (const char* text :
         {"https://e.com/{thng.name}", "https://e.com/{thng.name}/x", "https://e.com/x/{thng.name}",
          "https://e.com/x/{thng.name}?q", "https://e.com/x/{thng.name}#f"}) {
        EXPECT_EQ(with(text, "."), "dot-segment") << text;
        EXPECT_EQ(with(text, ".."), "dot-segment") << text;
        EXPECT_EQ(with(text, "a/../b"), "dot-segment") << text;
        EXPECT_EQ(with(text, "../b"), "dot-segment") << text;
        EXPECT_EQ(with(text, "b/."), "dot-segment") << text;
        EXPECT_NE(with(text, "..."), "dot-segment") << text;
        EXPECT_NE(with(text, "a.b/..c/d.."), "dot-segment") << text;
    }
    EXPECT_EQ(with("https://e.com/.{thng.name}", "."), "dot-segment");
    EXPECT_EQ(with("https://e.com/.{thng.name}.", ""), "dot-segment");
    EXPECT_EQ(with("https://e.com/{thng.name}./x", "."), "dot-segment");
    EXPECT_EQ(with("https://e.com/%2e{thng.name}", "."), "dot-segment");
    EXPECT_EQ(with("https://e.com/{thng.name}%2E", ""), "dot-segment");
    EXPECT_EQ(with("https://e.com/{thng.name}{thng.name}", "."), "dot-segment");
    EXPECT_EQ(with("https://e.com/.{thng.name}", "a"), "https://e.com/.a");
    EXPECT_EQ(with("https://e.com/{thng.name}{thng.name}{thng.name}", "."), "https://e.com/...");
    EXPECT_EQ(with("https://e.com/?q={thng.name}", ".."), "https://e.com/?q=..");
    EXPECT_EQ(with("https://e.com/#{thng.name}", ".."), "https://e.com/#..");
    EXPECT_EQ(with("https://e.com/a/../{thng.name}", "b"), "https://e.com/a/../b")
        << "what the author wrote is the author's";
    EXPECT_EQ(url("https://e.com/{constants.up}/x", {{"constants.up", ".."}}), "dot-segment");
}

TEST(Template, LengthsAreLimited) {
    const std::string longest = "https://e.com/" + std::string(kMaxTemplateBytes - 14, 'x');
    EXPECT_EQ(url(longest), longest);
    EXPECT_EQ(url(longest + "x"), "limit");

    const std::string fits(kMaxUrlBytes - 14, 'x');
    const std::string long_url = url("https://e.com/{thng.name}", {{"thng.name", fits}});
    EXPECT_EQ(long_url.size(), kMaxUrlBytes);
    EXPECT_EQ(url("https://e.com/{thng.name}", {{"thng.name", fits + "x"}}), "limit");
    EXPECT_EQ(url("https://e.com/{thng.name}/", {{"thng.name", fits}}), "limit");
    const std::string escapes((kMaxUrlBytes - 14) / 3, ' ');
    EXPECT_EQ(url("https://e.com/{thng.name}", {{"thng.name", escapes}}).size(),
              14 + escapes.size() * 3);
    EXPECT_EQ(url("https://e.com/{thng.name}", {{"thng.name", escapes + " "}}), "limit");
}

TEST(Template, LoopsToTheShortDomainAreRefused) {
    const UrlPolicy policy{{}, "tn.gg"};
    EXPECT_EQ(url("https://TN.gg/x", {}, policy), "loop");
    EXPECT_EQ(url("https://tn.gg.example.com/x", {}, policy), "https://tn.gg.example.com/x");
}

TEST(Template, FailedRenderingLeavesTheTextAlone) {
    RuleSource rule;
    rule.redirect_url = "https://e.com/a/{thng.name}";
    const auto compiled = compile({&rule, 1}, {Level::account, {}});
    Context context;
    context.begin(compiled->ruleset->fields());
    context.set_text(0, "..");
    std::string out = "Location: ";
    EXPECT_EQ(compiled->ruleset->render(0, context, out), Rendered::dot_segment);
    EXPECT_EQ(out, "Location: ");
    context.set_text(0, "b");
    EXPECT_EQ(compiled->ruleset->render(0, context, out), Rendered::ok);
    EXPECT_EQ(out, "Location: https://e.com/a/b");
}

}  // namespace
}  // namespace rules
