#include "tensor/check.h"

namespace weir {

Error::Error(Diagnosis diagnosis)
    : std::runtime_error(rendered(diagnosis)), diagnosis_(std::move(diagnosis)) {}

std::string rendered(const Diagnosis& d) {
  std::string text = fmt::format("error[{}]: {}", d.code, d.message);
  if (!d.note.empty()) text += "\n  = note: " + d.note;
  if (!d.help.empty()) text += "\n  = help: " + d.help;
  if (d.kind == ErrorKind::bug)
    text += "\n  = note: this is a bug in weir; please report it with the command that led here";
  return text;
}

namespace check_detail {

void fail_usage(std::string message) { fail({.kind = ErrorKind::usage, .message = std::move(message)}); }

void fail_bug(std::string message, const char* file, int line) {
  fail({.kind = ErrorKind::bug,
        .code = "E9999",
        .message = fmt::format("{} (at {}:{})", message, file, line)});
}

}  // namespace check_detail
}  // namespace weir
