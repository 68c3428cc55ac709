#include "apps/terminal.h"

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <nlohmann/json.hpp>
#include <sys/ioctl.h>
#include <unistd.h>

#include "apps/help.h"
#include "data/json_dump.h"
#include "generated/places.h"

namespace weir {
namespace {

/// 0, or the errno that stopped it.
int write_all(Stream stream, std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = ::write(static_cast<int>(stream), text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return errno;
    text.remove_prefix(static_cast<std::size_t>(written));
  }
  return 0;
}

bool set(const char* name) {
  const char* value = std::getenv(name);
  return value && *value;
}

std::string labelled(const char* label, const std::string& text) {
  constexpr std::size_t width = 100;
  if (text.empty()) return "";
  const std::string head = fmt::format("  = {}: ", label);
  const bool laid_out = text.find('\n') != std::string::npos;  // a line of a file with a mark below it
  return "\n" + head + (laid_out ? text : wrapped(text, width, head.size()));
}

}  // namespace

bool is_terminal(Stream stream) { return ::isatty(static_cast<int>(stream)) == 1; }

bool wants_colour(Stream stream) {
  const char* terminal = std::getenv("TERM");
  return is_terminal(stream) && !set("NO_COLOR") && terminal && std::strcmp(terminal, "dumb") != 0;
}

int terminal_columns() {
  winsize size{};
  return ::ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;
}

void write_results(std::string_view text) {
  const int error = write_all(Stream::out, text);
  if (error == 0 || error == EPIPE) return;
  fail({.kind = ErrorKind::resource,
        .code = error == ENOSPC || error == EFBIG ? "E0602" : "E0604",
        .message = error == ENOSPC || error == EFBIG
                       ? "no space left while writing results to stdout"
                       : fmt::format("cannot write results to stdout: {}", std::strerror(error)),
        .help = "free space, or send stdout elsewhere"});
}

void write_message(std::string_view text) { write_all(Stream::error, text); }

std::string shown(const Diagnosis& d, bool colour) {
  const bool warning = d.code.starts_with('W');
  std::string label = fmt::format("{}[{}]", warning ? "warning" : "error", d.code);
  if (colour) label = fmt::format("\x1b[1;{}m{}\x1b[0m", warning ? 33 : 31, label);
  std::string text = label + ": " + d.message + labelled("note", d.note) + labelled("help", d.help);
  if (d.kind == ErrorKind::bug)
    text += labelled("note",
                     fmt::format("this is a bug in weir {}; please report it with the command that led here",
                                 WEIR_VERSION));
  return text + "\n";
}

std::string as_json(const Diagnosis& d) {
  nlohmann::ordered_json error = {
      {"code", d.code}, {"exit", static_cast<int>(d.kind)}, {"message", d.message}};
  if (!d.note.empty()) error["note"] = d.note;
  if (!d.help.empty()) error["help"] = d.help;
  return dumped(nlohmann::ordered_json{{"error", error}}) + "\n";
}

}  // namespace weir
