#include "study/gnuplot.h"

#include <cerrno>
#include <cstdlib>
#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

#include "data/read_file.h"
#include "tensor/check.h"

namespace weir {
namespace {

constexpr const char* complaints_file = "gnuplot.log";

/// The child's working directory and streams; its stderr goes to a file because a pipe would need a reader
/// thread.
class SpawnActions {
 public:
  explicit SpawnActions(const std::filesystem::path& folder) {
    posix_spawn_file_actions_init(&actions_);
    posix_spawn_file_actions_addchdir_np(&actions_, folder.c_str());
    posix_spawn_file_actions_addopen(&actions_, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_addopen(&actions_, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
    posix_spawn_file_actions_addopen(&actions_, STDERR_FILENO, complaints_file, O_WRONLY | O_CREAT | O_TRUNC,
                                     0644);
  }
  SpawnActions(const SpawnActions&) = delete;
  SpawnActions& operator=(const SpawnActions&) = delete;
  ~SpawnActions() { posix_spawn_file_actions_destroy(&actions_); }
  const posix_spawn_file_actions_t* get() const { return &actions_; }

 private:
  posix_spawn_file_actions_t actions_;
};

/// Exit status of the child, or -1 when it was killed.
int wait_for(pid_t child) {
  int status = 0;
  while (waitpid(child, &status, 0) < 0)
    if (errno != EINTR) return -1;
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

}  // namespace

std::string run_gnuplot(const std::filesystem::path& folder, const std::string& script) {
  const SpawnActions actions(folder);
  std::string program = "gnuplot", defaults = "-d", file = script;  // -d: no settings of the user's own
  char* arguments[] = {program.data(), defaults.data(), file.data(), nullptr};

  // The locale decides how gnuplot prints numbers; everything else of the environment is not its business.
  const char* search = std::getenv("PATH");
  std::string path = fmt::format("PATH={}", search != nullptr ? search : "/usr/bin:/bin"),
              locale = "LC_ALL=C.UTF-8";
  char* environment[] = {path.data(), locale.data(), nullptr};

  pid_t child = 0;
  const int error = posix_spawnp(&child, "gnuplot", actions.get(), nullptr, arguments, environment);
  if (error == ENOENT) return "gnuplot was not found (Debian: gnuplot-nox)";
  if (error != 0) return fmt::format("gnuplot could not be started (error {})", error);
  const int status = wait_for(child);
  if (status == 0) return {};
  if (status == 127) return "gnuplot was not found (Debian: gnuplot-nox)";
  return fmt::format("gnuplot failed: {}", read_text_file(folder / complaints_file));
}

}  // namespace weir
