/// Runs the built program as a user would, and looks at both streams and the exit code.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace weir {

struct Ran {
  int code = -1;  // of exit(); 128 + signal where one ended it
  std::string out, err;
};

/// What stands behind a stream of the program.
enum class Behind { file, closed_pipe, terminal };

struct RunOptions {
  std::filesystem::path folder = {};          // the current directory; a new one when empty
  std::vector<std::string> environment = {};  // NAME=VALUE, added to what the test has
  std::string out = {};                       // a file or device that stdout goes to instead
  Behind stdout_is = Behind::file;
  Behind stderr_is = Behind::file;
  long file_size_limit = -1;  // bytes (RLIMIT_FSIZE)
  int signal = 0;             // sent once, when stderr holds `signal_at`
  std::string signal_at = {};
};

/// Ends the program after a minute.
Ran run_weir(const std::vector<std::string>& words, const RunOptions& options = {});

/// A refusal as the contract wants it: this exit code, this text on stderr (`{}` in it is `folder`), nothing
/// on stdout, at most 12 lines of at most 100 columns; and with --json the same message as a document on
/// stdout.
void expect_refusal(const std::vector<std::string>& words, int code, std::string text,
                    const RunOptions& options = {});

}  // namespace weir
