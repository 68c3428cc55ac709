#include "apps/terminal.h"

#include <gtest/gtest.h>

namespace weir {
namespace {

TEST(Terminal, SaysWhichMessagesAreWarnings) {
  const Diagnosis error{.code = "E0601", .message = "in use", .note = "by 12", .help = "wait"};
  EXPECT_EQ(shown(error, false), "error[E0601]: in use\n  = note: by 12\n  = help: wait\n");
  EXPECT_EQ(shown({.code = "W0420", .message = "damaged"}, false), "warning[W0420]: damaged\n");
  EXPECT_EQ(shown({.code = "W0420", .message = "damaged"}, true),
            "\x1b[1;33mwarning[W0420]\x1b[0m: damaged\n");
}

}  // namespace
}  // namespace weir
