#include "tests/apps/run_weir.h"

#include <chrono>
#include <csignal>
#include <fcntl.h>
#include <functional>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <pty.h>
#include <sstream>
#include <sys/resource.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

#include "data/descriptor.h"
#include "tests/data/temporary_folder.h"

namespace weir {
namespace {

/// One output stream of the child: where it writes, and what we see of it.
class Capture {
 public:
  Capture(Behind behind, std::string path) : behind_(behind), path_(std::move(path)) {
    int ends[2] = {-1, -1};
    const int failed = behind_ == Behind::terminal ? ::openpty(&ends[0], &ends[1], nullptr, nullptr, nullptr)
                       : behind_ == Behind::closed_pipe ? ::pipe(ends)
                                                        : 0;
    EXPECT_EQ(failed, 0);
    ours_ = Descriptor(ends[0]);
    theirs_ = Descriptor(ends[1]);
    if (behind_ == Behind::closed_pipe) ours_.close();
    if (behind_ == Behind::terminal) ::fcntl(ours_.number(), F_SETFL, O_NONBLOCK);
  }

  void become(int stream) const {
    const int file = theirs_ ? theirs_.number() : ::open(path_.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
    if (file < 0 || ::dup2(file, stream) < 0) ::_exit(126);
  }
  void started() { theirs_.close(); }
  /// What a terminal has to show by now; its buffer is small.
  void drain() {
    char bytes[4096];
    for (ssize_t got; ours_ && (got = ::read(ours_.number(), bytes, sizeof bytes)) > 0;)
      seen_.append(bytes, static_cast<std::size_t>(got));
  }
  std::string text() { return behind_ == Behind::file ? contents_of(path_) : seen_; }

 private:
  Behind behind_;
  std::string path_, seen_;
  Descriptor ours_, theirs_;
};

[[noreturn]] void become_weir(const std::vector<std::string>& words, const RunOptions& options,
                              const std::string& folder) {
  if (::chdir(folder.c_str()) != 0) ::_exit(126);
  const int nothing = ::open("/dev/null", O_RDONLY);
  ::dup2(nothing, STDIN_FILENO);
  for (const std::string& setting : options.environment) {
    const auto equals = setting.find('=');
    ::setenv(setting.substr(0, equals).c_str(), setting.substr(equals + 1).c_str(), 1);
  }
  if (options.file_size_limit >= 0) {
    const auto bytes = static_cast<rlim_t>(options.file_size_limit);
    const rlimit limit{bytes, bytes};
    ::setrlimit(RLIMIT_FSIZE, &limit);
  }
  std::vector<char*> arguments = {const_cast<char*>("weir")};
  for (const std::string& word : words) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  ::execv(WEIR_PROGRAM, arguments.data());
  ::_exit(126);
}

/// `messages` gives what stderr holds by now.
int wait_for(pid_t child, const RunOptions& options, const std::function<std::string()>& messages) {
  using namespace std::chrono_literals;
  const auto started = std::chrono::steady_clock::now();
  bool signalled = options.signal == 0;
  for (int status = 0;;) {
    const std::string said = messages();
    if (::waitpid(child, &status, WNOHANG) == child) {
      messages();  // a terminal's last words
      return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    }
    const auto elapsed = std::chrono::steady_clock::now() - started;
    if (!signalled && said.find(options.signal_at) != std::string::npos) {
      ::kill(child, options.signal);
      signalled = true;
    }
    if (elapsed > 300s) ::kill(child, SIGKILL);
    std::this_thread::sleep_for(2ms);
  }
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

}  // namespace

Ran run_weir(const std::vector<std::string>& words, const RunOptions& options) {
  const TemporaryFolder streams, fresh;
  Capture out(options.stdout_is, options.out.empty() ? (streams / "out").string() : options.out);
  Capture err(options.stderr_is, (streams / "err").string());
  const std::string folder = (options.folder.empty() ? fresh.path() : options.folder).string();
  const pid_t child = ::fork();
  if (child == 0) {
    out.become(STDOUT_FILENO);
    err.become(STDERR_FILENO);
    become_weir(words, options, folder);
  }
  out.started();
  err.started();
  const int code = wait_for(child, options, [&] {
    out.drain();
    err.drain();
    return err.text();
  });
  return {.code = code, .out = options.out.empty() ? out.text() : "", .err = err.text()};
}

void expect_refusal(const std::vector<std::string>& words, int code, std::string text,
                    const RunOptions& options) {
  std::string line = "weir";
  for (const std::string& word : words) line += " " + word;
  SCOPED_TRACE(line);
  for (std::size_t at; (at = text.find("{}")) != std::string::npos;)
    text.replace(at, 2, options.folder.string());

  const Ran plain = run_weir(words, options);
  EXPECT_EQ(plain.code, code);
  EXPECT_EQ(plain.out, "");
  EXPECT_EQ(plain.err, text);
  const auto lines = lines_of(plain.err);
  EXPECT_LE(lines.size(), 12u);
  for (std::string shown : lines) {
    // A folder's name may be long; the text around it may not.
    if (const auto at = shown.find(options.folder.string());
        !options.folder.empty() && at != std::string::npos)
      shown.erase(at, options.folder.string().size());
    EXPECT_LE(shown.size(), 100u) << shown;
  }

  std::vector<std::string> with_json = words;
  with_json.push_back("--json");
  const Ran twin = run_weir(with_json, options);
  EXPECT_EQ(twin.code, code);
  const auto document = nlohmann::json::parse(twin.out, nullptr, false);
  ASSERT_TRUE(document.contains("error")) << twin.out;
  const auto& error = document["error"];
  EXPECT_EQ(error["exit"], code);
  const std::string first_line =
      "error[" + error["code"].get<std::string>() + "]: " + error["message"].get<std::string>();
  EXPECT_TRUE(text.starts_with(first_line + "\n")) << first_line;
}

}  // namespace weir
