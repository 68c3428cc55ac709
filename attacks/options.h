/// An attack's options as words: read once, described once. The factory of an attack asks for each option by
/// name, and by asking also lists it, so help, validation and defaults cannot drift apart.
#pragma once

#include <array>
#include <limits>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "attacks/geometry.h"
#include "tensor/random.h"

namespace weir {

using OptionTexts = std::map<std::string, std::string, std::less<>>;

/// A choice and what users call it.
template <class Value>
struct NamedValue {
  std::string_view name;
  Value value;
};

template <class Value>
std::string_view name_of(std::span<const NamedValue<Value>> names, Value value) {
  for (const NamedValue<Value>& candidate : names)
    if (candidate.value == value) return candidate.name;
  return {};
}

template <class Value, std::size_t Count>
std::string_view name_of(const std::array<NamedValue<Value>, Count>& names, Value value) {
  return name_of(std::span<const NamedValue<Value>>(names), value);
}

struct OptionDescription {
  enum class Kind { distance, real, count, choice };
  std::string name;
  Kind kind = Kind::distance;
  std::string otherwise;             // the default, as text that reads back
  std::string help;                  // a few words
  std::vector<std::string> choices;  // of Kind::choice
};

/// The numbers that an option takes: from `low` to `high`, both included unless `above_low`.
struct RealBounds {
  double low = 0, high = std::numeric_limits<double>::max();
  bool above_low = false;
};
constexpr RealBounds zero_or_more{};
constexpr RealBounds more_than_zero{.above_low = true};

/// Who is asking.
struct OptionContext {
  Range pixels = {};        // what `k/255` is a fraction of
  std::string prefix = {};  // how messages write an option's name: "--" on a command line
};

class OptionReader {
 public:
  /// `owner` names the attack in messages.
  OptionReader(std::string owner, OptionTexts texts, OptionContext context = {});

  /// `0.025` in data units or `8/255` of the pixel range. Throws E0204 for what is no number, E0203 for less
  /// than 0 or more than the range.
  double distance(std::string_view name, double otherwise, std::string_view help);
  /// The same in a norm over the whole image: in l2, unlike in linf, a change may be longer than the range.
  double length(std::string_view name, PixelNorm norm, double otherwise, std::string_view help);
  /// The same in either direction, and not 0: `-0.1`, `-8/255`. Throws E0204, E0203, E0206.
  double signed_distance(std::string_view name, double otherwise, std::string_view help);
  /// A finite number within the bounds. Throws E0204, E0206.
  double real(std::string_view name, double otherwise, std::string_view help, RealBounds bounds);
  /// A whole number of `least` or more. Throws E0204, E0206.
  Index count(std::string_view name, Index otherwise, std::string_view help, Index least = 1);
  /// One of the names. Throws E0207 with the nearest.
  template <class Value, std::size_t Count>
  Value choice(std::string_view name, Value otherwise, const std::array<NamedValue<Value>, Count>& names,
               std::string_view help) {
    std::vector<std::string> words;
    for (const auto& candidate : names) words.emplace_back(candidate.name);
    const std::size_t chosen =
        chosen_among({std::string(name), OptionDescription::Kind::choice,
                      std::string(name_of(names, otherwise)), std::string(help), words});
    return names[chosen].value;
  }

  /// Call after both have been asked for. Throws E0006 with their values, and why, unless they `fit`.
  void expect_fit(bool fit, std::string_view first, std::string_view second, std::string_view why) const;

  /// Call after everything has been asked for. Throws E0002, with the nearest name, for a text that nobody
  /// asked for.
  void finish() const;
  std::span<const OptionDescription> asked() const { return asked_; }

 private:
  /// Notes the option; the user's text, or the default's.
  std::string text_of(OptionDescription description);
  /// "`--on logits`", of an option that was asked for.
  std::string quoted(std::string_view name) const;
  std::size_t chosen_among(OptionDescription description);
  /// In data units, from `low` to `high`, both included.
  double distance_within(double low, double high, OptionDescription description);
  std::string shown(std::string_view name) const { return context_.prefix + std::string(name); }

  std::string owner_;
  OptionTexts texts_;
  OptionContext context_;
  std::vector<OptionDescription> asked_;
};

/// "0.0627 (8/255)": a distance in data units and as a fraction of the pixel range.
std::string distance_in_both_units(double distance, Range pixels = {});

}  // namespace weir
