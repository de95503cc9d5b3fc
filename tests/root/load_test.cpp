#include "redirector/load_input.hpp"
#include "redirector/load_place.hpp"
#include "redirector/store/ids.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <set>
#include <string>
#include <thread>
#include <unistd.h>
#include <vector>

namespace redirector {
namespace {

const volatile std::sig_atomic_t kGoOn = 0;
const volatile std::sig_atomic_t kStop = 1;

// What a writer sends in pieces of `piece` bytes.
class LoadInputTest : public ::testing::Test {
  protected:
    LoadInput& open(std::string text,
                    std::size_t piece = 3,
                    const volatile std::sig_atomic_t& stopping = kGoOn) {
        end();
        EXPECT_EQ(::pipe(ends_), 0);
        writer_ = std::thread([text = std::move(text), piece, to = ends_[1]] {
            for (std::size_t at = 0; at < text.size(); at += piece) {
                const std::string part = text.substr(at, piece);
                if (::write(to, part.data(), part.size()) < 0) break;
            }
            ::close(to);
        });
        input_ = std::make_unique<LoadInput>(ends_[0], 8, stopping);
        return *input_;
    }

    void end() {
        if (!writer_.joinable()) return;
        writer_.join();
        ::close(ends_[0]);
    }

    void TearDown() override { end(); }

    std::string line_;

  private:
    int ends_[2] = {-1, -1};
    std::thread writer_;
    std::unique_ptr<LoadInput> input_;
};

TEST_F(LoadInputTest, GivesLinesHoweverTheyAreCut) {
    for (const std::size_t piece : {1U, 2U, 3U, 100U}) {
        LoadInput& input = open("one\n\nthree\r\nlast", piece);
        for (const std::string expected : {"one", "", "three\r", "last"}) {
            EXPECT_EQ(input.next(line_), Read::line);
            EXPECT_EQ(line_, expected);
        }
        EXPECT_EQ(input.next(line_), Read::end);
        EXPECT_EQ(input.next(line_), Read::end);
        EXPECT_EQ(input.bytes(), 17U);
    }
}

TEST_F(LoadInputTest, ReadsOverALineThatIsTooLong) {
    LoadInput& input = open("12345678\n123456789\n" + std::string(200'000, 'x') + "\nok\n", 5000);
    EXPECT_EQ(input.next(line_), Read::line);
    EXPECT_EQ(input.next(line_), Read::too_long);
    EXPECT_EQ(line_, "");
    EXPECT_EQ(input.next(line_), Read::too_long);
    EXPECT_EQ(input.next(line_), Read::line);
    EXPECT_EQ(line_, "ok");
}

TEST_F(LoadInputTest, DigestsWholeLinesOnly) {
    const auto digest_after = [this](const std::string& text, int lines) {
        LoadInput& input = open(text);
        for (int i = 0; i < lines; ++i)
            input.next(line_);
        return input.digest();
    };
    const std::string two = digest_after("a\nb\n", 2);
    EXPECT_EQ(two.size(), 64U);
    EXPECT_EQ(digest_after("a\nb\nc", 2), two);
    EXPECT_EQ(digest_after("a\nb", 2), two);  // lines may be added behind it
    EXPECT_NE(digest_after("a\nb\nc", 3), two);
    EXPECT_NE(digest_after("ab\n\n", 2), two);
}

TEST_F(LoadInputTest, HearsThatItIsStopped) {
    EXPECT_EQ(open("a\n", 3, kStop).next(line_), Read::stopped);
}

TEST(LoadPlace, ComesBackAsItWasWrittenAndIsRefusedCutOrForeign) {
    const LoadPlace place{"UAccount0000000000000000", "seed", 1'700'000'000'000, 12, "abc", 345};
    const std::string text = to_text(place);
    const auto read = parse_load_place(text);
    ASSERT_TRUE(read);
    EXPECT_EQ(to_text(*read), text);
    for (std::size_t size = 0; size < text.size(); ++size)
        EXPECT_FALSE(parse_load_place(text.substr(0, size))) << size;
    EXPECT_FALSE(parse_load_place(text + "x"));
    std::string minus = text;
    minus.replace(minus.find("\n12\n"), 4, "\n-1\n");
    EXPECT_FALSE(parse_load_place(minus));
    std::string huge = text;
    huge.replace(huge.find("\n12\n"), 4, "\n99999999999999999999\n");
    EXPECT_FALSE(parse_load_place(huge));
}

TEST(DerivedShortId, IsThatOfItsTextAndLikeADrawnOne) {
    std::set<std::string> ids;
    std::set<char> letters;
    for (int i = 0; i < 10'000; ++i) {
        const std::string id = store::derived_short_id("seed:" + std::to_string(i));
        EXPECT_EQ(id, store::derived_short_id("seed:" + std::to_string(i)));
        EXPECT_EQ(id.size(), store::kNewShortIdLength);
        letters.insert(id.begin(), id.end());
        ids.insert(id);
    }
    EXPECT_EQ(ids.size(), 10'000U);
    EXPECT_EQ(letters,
              std::set<char>(store::kShortIdAlphabet.begin(), store::kShortIdAlphabet.end()));
}

}  // namespace
}  // namespace redirector
