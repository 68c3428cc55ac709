/// Errors: who is at fault, what was found, what was expected, what to do. Every message of Weir is one of
/// these.
#pragma once

#ifndef __CUDACC__
#include <fmt/format.h>
#include <fmt/ranges.h>
#else
#include <initializer_list>
#include <sstream>
#include <string_view>
#endif
#include <stdexcept>
#include <string>
#include <utility>

namespace weir {

/// Whose fault it is and what the program's exit code will be (the numbers are the exit codes of the command
/// line).
enum class ErrorKind {
  usage = 2,        // a wrong option, shape or value given by the caller
  missing = 3,      // an input that is not there
  damaged = 4,      // an input that is there but corrupt or of the wrong kind
  numerical = 5,    // NaN, divergence, a matrix that is not positive definite
  resource = 6,     // disk, memory, lock, permission
  unavailable = 7,  // a device or feature that this build or machine does not have
  bug = 70,         // ours
};

/// One message. `message` stands alone: lower case, no full stop, says what was found and what was expected.
struct Diagnosis {
  ErrorKind kind = ErrorKind::usage;
  /// Stable; `weir explain CODE` knows it. First two digits: the exit code's family.
  std::string code = "E0200";
  std::string message;
  std::string note = {};  // why, or what still stands
  std::string help = {};  // what to do
};

class Error : public std::runtime_error {
 public:
  explicit Error(Diagnosis diagnosis);
  const Diagnosis& diagnosis() const { return diagnosis_; }
  int exit_code() const { return static_cast<int>(diagnosis_.kind); }

 private:
  Diagnosis diagnosis_;
};

[[noreturn]] inline void fail(Diagnosis diagnosis) { throw Error(std::move(diagnosis)); }

/// The text that a person sees: first line `error[E0401]: ...`, then `  = note:` and `  = help:` lines.
std::string rendered(const Diagnosis& diagnosis);

namespace check_detail {
[[noreturn]] void fail_usage(std::string message);
[[noreturn]] void fail_bug(std::string message, const char* file, int line);
}  // namespace check_detail

/// The caller's fault, always checked: expects(x[1] == w[1], "x {} has {} channels, weight {} expects {}",
/// ...) throws Error of kind usage. The message is only put together on failure, its parts always.
#ifndef __CUDACC__
template <class... Parts>
inline void expects(bool holds, fmt::format_string<Parts...> text, Parts&&... parts) {
  if (!holds) [[unlikely]]
    check_detail::fail_usage(fmt::format(text, std::forward<Parts>(parts)...));
}
#else
// nvcc 13 cannot read fmt 9: in files that launch, "{}" is filled here, in order.
template <class... Parts>
inline void expects(bool holds, std::string_view text, const Parts&... parts) {
  if (holds) return;
  std::ostringstream message;
  [[maybe_unused]] const auto fill = [&](const auto& part) {
    const auto gap = text.find("{}");
    message << text.substr(0, gap) << part;
    text.remove_prefix(gap == text.npos ? text.size() : gap + 2);
  };
  (fill(parts), ...);
  message << text;
  check_detail::fail_usage(message.str());
}
#endif

/// Our own fault, always checked where it is cheap: throws Error of kind bug with the place.
inline void ensures(bool holds, const char* what, const char* file = __builtin_FILE(),
                    int line = __builtin_LINE()) {
  if (!holds) [[unlikely]]
    check_detail::fail_bug(what, file, line);
}

}  // namespace weir
