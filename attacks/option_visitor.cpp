#include "attacks/option_visitor.h"

#include <cmath>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "tensor/check.h"

namespace weir {

std::string in_words(RealBounds bounds) {
  const std::string low =
      bounds.above_low ? fmt::format("more than {}", bounds.low) : fmt::format("{} or more", bounds.low);
  return bounds.high == RealBounds{}.high ? low : fmt::format("{} and at most {}", low, bounds.high);
}

void OptionCheck::distance(std::string_view name, double& value, std::string_view help) {
  real(name, value, help, zero_or_more);
}

void OptionCheck::length(std::string_view name, PixelNorm, double& value, std::string_view help) {
  real(name, value, help, zero_or_more);
}

void OptionCheck::signed_distance(std::string_view name, double& value, std::string_view) {
  expects(value != 0 && std::isfinite(value), "{} must not be 0, found {}", name, value);
}

void OptionCheck::real(std::string_view name, double& value, std::string_view, RealBounds bounds) {
  expects(bounds.contain(value), "{} must be {}, found {}", name, in_words(bounds), value);
}

void OptionCheck::count(std::string_view name, Index& value, std::string_view, Index least) {
  expects(value >= least, "{} must be {} or more, found {}", name, least, value);
}

std::size_t OptionCheck::one_of(std::string_view name, std::span<const std::string_view> words,
                                std::size_t chosen, std::string_view) {
  expects(chosen < words.size(), "{} must be one of {}", name, fmt::join(words, ", "));
  return chosen;
}

void OptionCheck::expect_fit(bool fit, std::string_view first, std::string_view second,
                             std::string_view why) {
  expects(fit, "{} and {} exclude each other: {}", first, second, why);
}

void SettingsWriter::distance(std::string_view name, double& value, std::string_view) {
  written_.push_back({std::string(name), fmt::format("{}", value)});
}

void SettingsWriter::length(std::string_view name, PixelNorm, double& value, std::string_view help) {
  distance(name, value, help);
}

void SettingsWriter::signed_distance(std::string_view name, double& value, std::string_view help) {
  distance(name, value, help);
}

void SettingsWriter::real(std::string_view name, double& value, std::string_view help, RealBounds) {
  distance(name, value, help);
}

void SettingsWriter::count(std::string_view name, Index& value, std::string_view, Index) {
  written_.push_back({std::string(name), fmt::format("{}", value)});
}

std::size_t SettingsWriter::one_of(std::string_view name, std::span<const std::string_view> words,
                                   std::size_t chosen, std::string_view) {
  ensures(chosen < words.size(), "settings are those of options that were checked");
  written_.push_back({std::string(name), std::string(words[chosen])});
  return chosen;
}

}  // namespace weir
