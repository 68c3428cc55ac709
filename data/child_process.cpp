#include "data/child_process.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <fmt/format.h>
#include <spawn.h>
#include <string_view>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "data/descriptor.h"
#include "tensor/check.h"

extern char** environ;

namespace weir {

namespace {

void require(int error) {
  if (error != 0)
    fail({.kind = ErrorKind::resource,
          .code = "E0610",
          .message = fmt::format("no memory to start a program: {}", std::strerror(error))});
}

/// What posix_spawn does in the child before the program starts.
class SpawnActions {
 public:
  SpawnActions() { require(posix_spawn_file_actions_init(&actions_)); }
  SpawnActions(const SpawnActions&) = delete;
  SpawnActions& operator=(const SpawnActions&) = delete;
  ~SpawnActions() { posix_spawn_file_actions_destroy(&actions_); }

  void change_directory(const std::filesystem::path& directory) {
    require(posix_spawn_file_actions_addchdir_np(&actions_, directory.c_str()));
  }
  void no_input() {
    require(posix_spawn_file_actions_addopen(&actions_, STDIN_FILENO, "/dev/null", O_RDONLY, 0));
  }
  void output_to(const Descriptor& file) {
    for (const int stream : {STDOUT_FILENO, STDERR_FILENO})
      require(posix_spawn_file_actions_adddup2(&actions_, file.number(), stream));
  }
  const posix_spawn_file_actions_t* get() const { return &actions_; }

 private:
  posix_spawn_file_actions_t actions_;
};

/// How the child starts. We ignore signals about writing, and what is ignored stays so behind exec.
class SpawnAttributes {
 public:
  explicit SpawnAttributes(ChildGroup group) {
    require(posix_spawnattr_init(&attributes_));
    sigset_t usual;
    sigemptyset(&usual);
    for (const int signal : {SIGPIPE, SIGXFSZ}) sigaddset(&usual, signal);
    require(posix_spawnattr_setsigdefault(&attributes_, &usual));
    const int apart = group == ChildGroup::own ? POSIX_SPAWN_SETPGROUP : 0;
    require(posix_spawnattr_setflags(&attributes_, static_cast<short>(POSIX_SPAWN_SETSIGDEF | apart)));
  }
  SpawnAttributes(const SpawnAttributes&) = delete;
  SpawnAttributes& operator=(const SpawnAttributes&) = delete;
  ~SpawnAttributes() { posix_spawnattr_destroy(&attributes_); }

  const posix_spawnattr_t* get() const { return &attributes_; }

 private:
  posix_spawnattr_t attributes_;
};

/// As exec takes them: with a null at the end. Nobody writes through them.
std::vector<char*> pointers_to(const std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  for (const std::string& text : texts) pointers.push_back(const_cast<char*>(text.c_str()));
  pointers.push_back(nullptr);
  return pointers;
}

int wait_for(pid_t child) {
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

std::string everything_in(const Descriptor& file) {
  std::string text;
  std::array<char, 4096> buffer;
  ::lseek(file.number(), 0, SEEK_SET);
  for (ssize_t count = 0; (count = ::read(file.number(), buffer.data(), buffer.size())) > 0;)
    text.append(buffer.data(), static_cast<std::size_t>(count));
  return text;
}

}  // namespace

bool is_installed(const std::string& program) {
  const char* path = std::getenv("PATH");
  std::string_view rest = path == nullptr ? "" : path;
  while (!rest.empty()) {
    const auto end = std::min(rest.find(':'), rest.size());
    const std::filesystem::path candidate = std::filesystem::path(rest.substr(0, end)) / program;
    std::error_code ignored;
    if (std::filesystem::is_regular_file(candidate, ignored) && ::access(candidate.c_str(), X_OK) == 0)
      return true;
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return false;
}

ChildResult run_child(const std::vector<std::string>& command, const std::filesystem::path& directory,
                      const std::vector<std::string>& environment, ChildGroup group) {
  // A file in memory and no pipe: nobody has to read while the child writes.
  const Descriptor output(::memfd_create("output of a child", MFD_CLOEXEC));
  if (!output)
    fail({.kind = ErrorKind::resource,
          .code = "E0610",
          .message =
              fmt::format("cannot keep the output of `{}`: {}", command.front(), std::strerror(errno))});
  const SpawnAttributes attributes(group);
  SpawnActions actions;
  actions.change_directory(directory);
  actions.no_input();
  actions.output_to(output);
  std::vector<char*> arguments = pointers_to(command), variables = pointers_to(environment);
  pid_t child = 0;
  const int error = ::posix_spawnp(&child, arguments[0], actions.get(), attributes.get(), arguments.data(),
                                   environment.empty() ? environ : variables.data());
  if (error != 0) return {.status = 127, .output = std::strerror(error)};
  const int status = wait_for(child);
  return {.status = status, .output = everything_in(output)};
}

}  // namespace weir
