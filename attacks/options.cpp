#include "attacks/options.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <optional>

#include "tensor/check.h"
#include "tensor/suggest.h"

namespace weir {
namespace {

constexpr double grey_levels = 255;

template <class Number>
std::optional<Number> parsed(std::string_view text) {
  Number value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  if constexpr (std::is_floating_point_v<Number>)
    if (!std::isfinite(value)) return std::nullopt;
  return value;
}

[[noreturn]] void refuse_number(std::string_view name, std::string_view text, std::string help) {
  fail({.code = "E0204",
        .message = fmt::format("cannot read `{}` as a number for `{}`", text, name),
        .help = std::move(help)});
}

OptionDescription distance_description(std::string_view name, double otherwise, std::string_view help) {
  return {std::string(name),
          OptionDescription::Kind::distance,
          fmt::format("{}", otherwise),
          std::string(help),
          {}};
}

double width_of(Range pixels) { return static_cast<double>(pixels.high) - pixels.low; }

/// Whoever writes 8 means grey levels.
[[noreturn]] void refuse_distance(std::string_view name, const std::string& text, bool negative,
                                  Range pixels) {
  const auto levels = parsed<double>(text);
  const bool likely = levels && std::abs(*levels) <= grey_levels;
  const std::string better = fmt::format("`{} {}/255` ({:.3g})", name, likely ? text : "8",
                                         (likely ? *levels : 8) * width_of(pixels) / grey_levels);
  fail(
      {.code = "E0203",
       .message =
           negative ? fmt::format("`{}` must be 0 or more, found {}", name, text)
                    : fmt::format("`{} {}` is larger than the pixel range {}", name, text, width_of(pixels)),
       .note = fmt::format("pixels run from {} to {}", pixels.low, pixels.high),
       .help = negative ? "" : (likely ? "did you mean " : "write it like ") + better + (likely ? "?" : "")});
}

}  // namespace

OptionReader::OptionReader(std::string owner, OptionTexts texts, OptionContext context)
    : owner_(std::move(owner)), texts_(std::move(texts)), context_(std::move(context)) {}

std::string OptionReader::text_of(OptionDescription description) {
  asked_.push_back(std::move(description));
  const auto found = texts_.find(asked_.back().name);
  return found == texts_.end() ? asked_.back().otherwise : found->second;
}

void OptionReader::distance(std::string_view name, double& value, std::string_view help) {
  value = distance_within(0, width_of(context_.pixels), distance_description(name, value, help));
}

void OptionReader::length(std::string_view name, PixelNorm norm, double& value, std::string_view help) {
  const bool of_one_pixel = norm == PixelNorm::linf;
  value = distance_within(0, of_one_pixel ? width_of(context_.pixels) : std::numeric_limits<double>::max(),
                          distance_description(name, value, help));
}

void OptionReader::signed_distance(std::string_view name, double& value, std::string_view help) {
  const double width = width_of(context_.pixels);
  value = distance_within(-width, width, distance_description(name, value, help));
  if (value == 0)
    fail({.code = "E0206", .message = fmt::format("`{}` must not be 0: nothing would move", shown(name))});
}

double OptionReader::distance_within(double low, double high, OptionDescription description) {
  const std::string name = shown(description.name);
  const std::string text = text_of(std::move(description));
  const bool fraction = text.ends_with("/255");
  const auto number = parsed<double>(std::string_view(text).substr(0, text.size() - (fraction ? 4 : 0)));
  if (!number) refuse_number(name, text, "write `0.025` (data units) or `8/255` (of the pixel range)");
  const double value = fraction ? *number * width_of(context_.pixels) / grey_levels : *number;
  if (value >= low && value <= high) return value;
  refuse_distance(name, text, value < 0 && low == 0, context_.pixels);
}

void OptionReader::real(std::string_view name, double& value, std::string_view help, RealBounds bounds) {
  const std::string text = text_of(
      {std::string(name), OptionDescription::Kind::real, fmt::format("{}", value), std::string(help), {}});
  const auto number = parsed<double>(text);
  if (!number) refuse_number(shown(name), text, "write it like `0.025` or `1e-3`");
  if (!bounds.contain(*number))
    fail({.code = "E0206",
          .message = fmt::format("`{}` must be {}, found {}", shown(name), in_words(bounds), *number)});
  value = *number;
}

void OptionReader::count(std::string_view name, Index& value, std::string_view help, Index least) {
  const std::string text = text_of(
      {std::string(name), OptionDescription::Kind::count, fmt::format("{}", value), std::string(help), {}});
  const auto number = parsed<Index>(text);
  if (!number) refuse_number(shown(name), text, "write a whole number like `10`");
  if (*number < least)
    fail({.code = "E0206",
          .message = fmt::format("`{}` must be {} or more, found {}", shown(name), least, *number)});
  value = *number;
}

std::size_t OptionReader::one_of(std::string_view name, std::span<const std::string_view> words,
                                 std::size_t chosen, std::string_view help) {
  const std::vector<std::string> choices(words.begin(), words.end());
  const std::string otherwise(chosen < words.size() ? words[chosen] : std::string_view());
  const std::string text =
      text_of({std::string(name), OptionDescription::Kind::choice, otherwise, std::string(help), choices});
  const auto found = std::find(choices.begin(), choices.end(), text);
  if (found != choices.end()) return static_cast<std::size_t>(found - choices.begin());
  fail({.code = "E0207",
        .message = fmt::format("`{}` has no `{}`", shown(name), text),
        .note = fmt::format("it is one of {}", fmt::join(choices, ", ")),
        .help = suggestion(text, choices)});
}

std::string OptionReader::quoted(std::string_view name) const {
  const auto found = texts_.find(name);
  const auto option = std::ranges::find(asked_, name, &OptionDescription::name);
  return fmt::format("`{} {}`", shown(name), found == texts_.end() ? option->otherwise : found->second);
}

void OptionReader::expect_fit(bool fit, std::string_view first, std::string_view second,
                              std::string_view why) {
  if (!fit)
    fail({.code = "E0006",
          .message = fmt::format("{} and {} exclude each other", quoted(first), quoted(second)),
          .note = std::string(why)});
}

void OptionReader::finish() const {
  std::vector<std::string> known, as_written;
  for (const OptionDescription& option : asked_) {
    known.push_back(option.name);
    as_written.push_back(shown(option.name));
  }
  for (const auto& [name, text] : texts_) {
    if (std::find(known.begin(), known.end(), name) != known.end()) continue;
    const std::string meant = nearest_word(name, {known.begin(), known.end()});
    fail({.code = "E0002",
          .message = fmt::format("unknown option `{}` for `{}`", shown(name), owner_),
          .note = fmt::format("it has {}", fmt::join(as_written, ", ")),
          .help = meant.empty() ? "" : fmt::format("did you mean `{}`?", shown(meant))});
  }
}

std::string distance_in_both_units(double distance, Range pixels) {
  return fmt::format("{:.3g} ({:.3g}/255)", distance, distance * grey_levels / width_of(pixels));
}

}  // namespace weir
