#include "redirector/scan/slots.hpp"

#include "redirector/scan/spool_parts.hpp"
#include "tests/scan/scans.hpp"
#include "tests/scan/spool_reader.hpp"

#include <gtest/gtest.h>

namespace redirector::scan {
namespace {

using testing::plain_scan;
using testing::TemporaryFolder;

SpoolOptions small() {
    SpoolOptions options;
    options.segment_bytes = 64 << 10;
    options.max_bytes = 64 * options.segment_bytes;
    return options;
}

TEST(Slots, AreTakenInOrderEachWithANodeOfItsOwn) {
    const TemporaryFolder folder;
    const auto first = open_free_slot(folder.path(), small(), 2);
    const auto second = open_free_slot(folder.path(), small(), 2);
    ASSERT_TRUE(first && second);
    EXPECT_EQ((*first)->options().directory, folder.path() / "spool");
    EXPECT_EQ((*second)->options().directory, folder.path() / "spool-2");
    EXPECT_NE((*first)->parts().identity.node, (*second)->parts().identity.node);
}

TEST(Slots, AreRefusedWhenAllAreTaken) {
    const TemporaryFolder folder;
    const auto first = open_free_slot(folder.path(), small(), 1);
    const auto second = open_free_slot(folder.path(), small(), 1);
    ASSERT_FALSE(second);
    EXPECT_TRUE(second.error().in_use);
    EXPECT_NE(second.error().message.find("another process"), std::string::npos);
}

TEST(Slots, AProblemThatIsNoProcessIsNotPassedOver) {
    const auto spool = open_free_slot("/proc/no/such", small(), 2);
    ASSERT_FALSE(spool);
    EXPECT_FALSE(spool.error().in_use);
}

TEST(Slots, AbandonedOnesAreOpenedForShippingAlone) {
    const TemporaryFolder folder;
    const auto own = open_free_slot(folder.path(), small(), 2);
    EXPECT_EQ(open_abandoned_slot(folder.path(), small()), nullptr) << "its own is not abandoned";
    {
        const auto other = open_free_slot(folder.path(), small(), 2);
        ASSERT_TRUE(other);
        EXPECT_EQ((*other)->writer(0).append(plain_scan("ABCD", 1)), Appended::stored);
        EXPECT_EQ(open_abandoned_slot(folder.path(), small()), nullptr) << "somebody writes to it";
    }
    const auto abandoned = open_abandoned_slot(folder.path(), small());
    ASSERT_NE(abandoned, nullptr);
    EXPECT_EQ(abandoned->options().directory, folder.path() / "spool-2");
    EXPECT_EQ(abandoned->parts().left.size(), 1U);
    EXPECT_TRUE(abandoned->parts().lanes.empty());
    EXPECT_EQ(open_abandoned_slot(folder.path(), small()), nullptr) << "it is held now";
}

TEST(Slots, AnEmptySpoolIsNotAbandoned) {
    const TemporaryFolder folder;
    (void)open_free_slot(folder.path(), small(), 1);
    EXPECT_EQ(open_abandoned_slot(folder.path(), small()), nullptr);
}

}  // namespace
}  // namespace redirector::scan
