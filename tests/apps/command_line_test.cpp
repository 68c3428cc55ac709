// What is said about a command line that cannot be understood.
#include <cstdlib>
#include <fcntl.h>
#include <gmock/gmock.h>
#include <nlohmann/json.hpp>
#include <unistd.h>

#include "tests/apps/run_weir.h"

namespace weir {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

TEST(CommandLine, MisspeltCommand) {
  expect_refusal({"docter"}, 2,
                 "error[E0001]: no command `docter`\n"
                 "  = help: did you mean `doctor`?\n");
}

TEST(CommandLine, CommandThatResemblesNone) {
  expect_refusal({"frobnicate"}, 2,
                 "error[E0001]: no command `frobnicate`\n"
                 "  = help: `weir --help` lists them\n");
}

TEST(CommandLine, MisspeltCommandOfACommand) {
  expect_refusal({"data", "fecth"}, 2,
                 "error[E0001]: no command `data fecth`\n"
                 "  = help: did you mean `fetch`?\n");
  expect_refusal({"trace", "fgms", "good-init", "--image", "31"}, 2,
                 "error[E0001]: no attack `fgms`\n"
                 "  = help: did you mean `fgsm`?\n");
}

TEST(CommandLine, VersionAsAWord) {
  expect_refusal({"version"}, 2,
                 "error[E0001]: no command `version`\n"
                 "  = help: `weir --version` shows it\n");
}

TEST(CommandLine, MisspeltOption) {
  expect_refusal({"doctor", "--treads", "2"}, 2,
                 "error[E0002]: unknown option `--treads` for `weir doctor`\n"
                 "  = help: did you mean `--threads`?\n");
}

TEST(CommandLine, LongOptionWithOneDash) {
  expect_refusal({"doctor", "-threads", "2"}, 2,
                 "error[E0002]: unknown option `-threads` for `weir doctor`\n"
                 "  = help: did you mean `--threads`?\n");
}

TEST(CommandLine, SurplusWord) {
  expect_refusal({"doctor", "who"}, 2,
                 "error[E0003]: `weir doctor` has no use for `who`\n"
                 "  = help: `weir doctor --help` shows what it takes\n");
}

TEST(CommandLine, OptionWithoutItsValue) {
  const Ran ran = run_weir({"doctor", "--threads"});
  EXPECT_EQ(ran.code, 2);
  EXPECT_EQ(ran.out, "");
  EXPECT_EQ(ran.err,
            "error[E0005]: `--threads` needs a value\n"
            "  = help: write `--threads N`: default: all CPUs; results are the same for any N\n");
}

TEST(CommandLine, ThreadsOutOfRange) {
  expect_refusal({"doctor", "--threads", "0"}, 2,
                 "error[E0205]: `--threads` must be 1 to 1024, found 0\n"
                 "  = help: leave it out to use all CPUs\n");
}

TEST(CommandLine, ThreadsThatAreNoNumber) {
  expect_refusal({"doctor", "--threads", "two"}, 2,
                 "error[E0204]: cannot read `two` as a number for `--threads`\n"
                 "  = help: leave it out to use all CPUs\n");
}

TEST(CommandLine, TheLastOfRepeatedOptionsCounts) {
  const Ran ran = run_weir({"doctor", "--json", "--threads", "1", "--threads=3"});
  ASSERT_EQ(ran.code, 0) << ran.err;
  EXPECT_EQ(nlohmann::json::parse(ran.out)["threads"], 3);
}

TEST(CommandLine, NothingAtAllShowsTheHelp) {
  const Ran bare = run_weir({});
  EXPECT_EQ(bare.code, 0);
  EXPECT_EQ(bare.err, "");
  EXPECT_EQ(bare.out, run_weir({"--help"}).out);
  EXPECT_THAT(bare.out, HasSubstr("Usage: weir NAME"));
}

TEST(CommandLine, Version) {
  const Ran ran = run_weir({"--version"});
  EXPECT_EQ(ran.code, 0);
  EXPECT_THAT(ran.out, StartsWith("weir 0."));
}

TEST(CommandLine, NoColourOutsideATerminal) {
  const Ran ran = run_weir({"docter"}, {.environment = {"TERM=xterm-256color"}});
  EXPECT_THAT(ran.err, testing::Not(HasSubstr("\x1b")));
}

TEST(CommandLine, ColourOnATerminalUnlessTheUserSaysNo) {
  if (const int terminal = ::posix_openpt(O_RDWR); terminal >= 0)
    ::close(terminal);
  else
    GTEST_SKIP() << "this machine gives out no terminals";
  const Ran colour = run_weir({"docter"}, {.environment = {"TERM=xterm"}, .stderr_is = Behind::terminal});
  EXPECT_THAT(colour.err, StartsWith("\x1b[1;31merror[E0001]\x1b[0m: no command"));
  const Ran plain =
      run_weir({"docter"}, {.environment = {"TERM=xterm", "NO_COLOR=1"}, .stderr_is = Behind::terminal});
  EXPECT_THAT(plain.err, StartsWith("error[E0001]: no command"));
  const Ran dumb = run_weir({"docter"}, {.environment = {"TERM=dumb"}, .stderr_is = Behind::terminal});
  EXPECT_THAT(dumb.err, StartsWith("error[E0001]: no command"));
}

TEST(CommandLine, AReaderWhoHasSeenEnoughIsNoError) {
  const Ran ran = run_weir({"models", "good-init"}, {.stdout_is = Behind::closed_pipe});
  EXPECT_EQ(ran.code, 0);
  EXPECT_EQ(ran.err, "");
}

TEST(CommandLine, HelpAsAWord) {
  EXPECT_EQ(run_weir({"help"}).out, run_weir({"--help"}).out);
  EXPECT_EQ(run_weir({"help", "doctor"}).out, run_weir({"doctor", "--help"}).out);
}

TEST(CommandLine, FullDiskBehindStdout) {
  const Ran ran = run_weir({"--version"}, {.out = "/dev/full"});
  EXPECT_EQ(ran.code, 6);
  EXPECT_EQ(ran.err,
            "error[E0602]: no space left while writing results to stdout\n"
            "  = help: free space, or send stdout elsewhere\n");
}

TEST(CommandLine, HelpAnywhereOnTheLine) {
  EXPECT_EQ(run_weir({"--help", "models"}).out, run_weir({"models", "--help"}).out);
  EXPECT_EQ(run_weir({"attack", "--help", "fgsm"}).out, run_weir({"attack", "fgsm", "--help"}).out);
}

TEST(CommandLine, FlagsTakeNoValue) {
  const Ran ran = run_weir({"doctor", "--json=false"});
  EXPECT_EQ(ran.code, 2);
  EXPECT_EQ(ran.out, "");
  EXPECT_EQ(ran.err,
            "error[E0005]: `--json` takes no value, found `false`\n"
            "  = help: write `--json`, or leave it out\n");
}

}  // namespace
}  // namespace weir
