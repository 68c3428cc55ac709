#include "apps/values.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <fmt/format.h>
#include <optional>

#include "data/wording.h"
#include "tensor/check.h"
#include "tensor/suggest.h"

namespace weir {
namespace {

/// The whole text as a number, whatever the locale; a leading + is fine.
template <class Number>
std::optional<Number> parsed(std::string_view text) {
  if (text.starts_with('+') && !text.starts_with("+-")) text.remove_prefix(1);
  Number value = 0;
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

/// read(value) for each value of a list.
void for_each_value(const Argument& list, const Reader& read) {
  for (std::size_t begin = 0; begin <= list.text.size();) {
    const std::size_t end = std::min(list.text.find(',', begin), list.text.size());
    read({list.name, list.text.substr(begin, end - begin)});
    begin = end + 1;
  }
}

/// Appends to a list of its own, so that a refused value leaves the target alone.
template <class Value>
Reader list_into(std::vector<Value>& target, std::function<Reader(Value&)> reader_of) {
  return [&target, reader_of = std::move(reader_of)](const Argument& argument) {
    std::vector<Value> values;
    for_each_value(argument, [&](const Argument& one) { reader_of(values.emplace_back())(one); });
    target = std::move(values);
  };
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
    const auto value = parsed<Index>(argument.text);
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

Reader positive_into(double& target) {
  return [&target](const Argument& argument) {
    const auto value = parsed<double>(argument.text);
    if (!value) refuse_number(argument, "write a number like `0.5`");
    if (!(*value > 0 && std::isfinite(*value)))
      fail({.code = "E0206",
            .message = fmt::format("`{}` must be more than 0, found {}", argument.name, *value)});
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

Reader texts_of_list_into(std::vector<std::string>& target) {
  return list_into<std::string>(target, text_into);
}

Reader names_into(std::vector<std::string>& target, std::vector<std::string> names) {
  return list_into<std::string>(
      target, [names = std::move(names)](std::string& value) { return name_into(value, names); });
}

Reader integers_into(std::vector<Index>& target, Bounds bounds) {
  return list_into<Index>(target, [bounds](Index& value) { return integer_into(value, bounds); });
}

}  // namespace weir
