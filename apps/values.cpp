#include "apps/values.h"

#include <charconv>
#include <fmt/format.h>
#include <optional>

#include "data/wording.h"
#include "tensor/check.h"
#include "tensor/suggest.h"

namespace weir {
namespace {

/// The whole text as a number, whatever the locale; a leading + is fine.
std::optional<Index> parsed(std::string_view text) {
  if (text.starts_with('+') && !text.starts_with("+-")) text.remove_prefix(1);
  Index value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc{} && end == text.data() + text.size() ? std::optional(value) : std::nullopt;
}

void expect_some_text(const Argument& argument) {
  if (argument.text.empty()) fail({.code = "E0204", .message = fmt::format("`{}` is empty", argument.name)});
}

[[noreturn]] void refuse_number(const Argument& argument, std::string help) {
  fail(
      {.code = "E0204",
       .message = fmt::format("cannot read {} as a number for `{}`", printable(argument.text), argument.name),
       .help = std::move(help)});
}

}  // namespace

Reader text_into(std::string& target) {
  return [&target](const Argument& argument) {
    expect_some_text(argument);
    target = argument.text;
  };
}

Reader texts_into(std::vector<std::string>& target) {
  return [&target](const Argument& argument) {
    expect_some_text(argument);
    target.push_back(argument.text);
  };
}

Reader integer_into(Index& target, Bounds bounds) {
  return [&target, bounds](const Argument& argument) {
    const auto value = parsed(argument.text);
    if (!value) refuse_number(argument, "write a whole number like `200`");
    const bool open = bounds.high == std::numeric_limits<Index>::max();
    if (*value < bounds.low || *value > bounds.high)
      fail({.code = "E0206",
            .message =
                open ? fmt::format("`{}` must be {} or more, found {}", argument.name, bounds.low, *value)
                     : fmt::format("`{}` must be {} to {}, found {}", argument.name, bounds.low, bounds.high,
                                   *value)});
    target = *value;
  };
}

Reader name_into(std::string& target, std::vector<std::string> names) {
  return [&target, names = std::move(names)](const Argument& argument) {
    for (const std::string& name : names)
      if (name == argument.text) {
        target = name;
        return;
      }
    fail({.code = "E0207",
          .message = fmt::format("`{}` has no {}", argument.name, printable(argument.text)),
          .note = fmt::format("it is one of {}", fmt::join(names, ", ")),
          .help = suggestion(argument.text, names)});
  };
}

}  // namespace weir
