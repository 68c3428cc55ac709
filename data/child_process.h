/// Running another program to its end.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace weir {

struct ChildResult {
  int status = 0;      // its exit status; 127 when it cannot be started, 128 + n when signal n ended it
  std::string output;  // what it wrote to stdout and stderr, as it came
};

/// Whether a Ctrl-C at the terminal ends the child, too: as a part of us, or not, since it is waited for.
enum class ChildGroup { ours, own };

/// Whether a program of this name is on the PATH.
bool is_installed(const std::string& program);

/// Starts `command` (a program on the PATH and its arguments; no shell reads them) in `directory`, without
/// input and with the usual answers to signals about writing, and waits. `environment` ("NAME=value") is all
/// that it gets to see; empty: ours. Never forks this process's threads: posix_spawn.
ChildResult run_child(const std::vector<std::string>& command, const std::filesystem::path& directory,
                      const std::vector<std::string>& environment = {}, ChildGroup group = ChildGroup::ours);

}  // namespace weir
