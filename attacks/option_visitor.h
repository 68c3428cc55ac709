/// The options of an attack, each written down once: its name, what it is for, its bounds. Whoever goes
/// through the list reads them from words, checks them or puts them into words, so that none of these can
/// drift apart.
#pragma once

#include <array>
#include <functional>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "attacks/geometry.h"

namespace weir {

/// A choice and what users call it.
template <class Value>
struct NamedValue {
  std::string_view name;
  Value value;
};

/// Empty for a value without a name.
template <class Value, std::size_t Count>
std::string_view name_of(const std::array<NamedValue<Value>, Count>& names, Value value) {
  for (const NamedValue<Value>& candidate : names)
    if (candidate.value == value) return candidate.name;
  return {};
}

/// The numbers that an option takes: from `low` to `high`, both included unless `above_low`.
struct RealBounds {
  double low = 0, high = std::numeric_limits<double>::max();
  bool above_low = false;

  bool contain(double value) const { return value <= high && (above_low ? value > low : value >= low); }
};
constexpr RealBounds zero_or_more{};
constexpr RealBounds more_than_zero{.above_low = true};

/// "more than 0 and at most 1", "0 or more".
std::string in_words(RealBounds bounds);

/// One call for each option of an attack, in the order in which people shall see them. An option struct has
/// `void list(OptionVisitor& visit)` that makes them all, with its members.
class OptionVisitor {
 public:
  virtual ~OptionVisitor() = default;

  /// A distance in data units, in l-infinity, no larger than the pixel range.
  virtual void distance(std::string_view name, double& value, std::string_view help) = 0;
  /// The same in a norm over the whole image: in l2, unlike in linf, a change may be longer than the range.
  virtual void length(std::string_view name, PixelNorm norm, double& value, std::string_view help) = 0;
  /// A distance in either direction, and not 0.
  virtual void signed_distance(std::string_view name, double& value, std::string_view help) = 0;
  /// A finite number within the bounds.
  virtual void real(std::string_view name, double& value, std::string_view help, RealBounds bounds) = 0;
  /// A whole number of `least` or more.
  virtual void count(std::string_view name, Index& value, std::string_view help, Index least = 1) = 0;
  /// One of the names.
  template <class Value, std::size_t Count>
  void choice(std::string_view name, Value& value, const std::array<NamedValue<Value>, Count>& names,
              std::string_view help) {
    std::array<std::string_view, Count> words;
    std::size_t chosen = Count;
    for (std::size_t k = 0; k < Count; ++k) {
      words[k] = names[k].name;
      if (names[k].value == value) chosen = k;
    }
    value = names[one_of(name, words, chosen, help)].value;
  }

  /// The default of an option whose turn is still to come, where it follows from what came before. Values
  /// that were not read stay what they are.
  template <class Value>
  void default_to(Value& value, Value otherwise) {
    if (reads()) value = otherwise;
  }
  /// Two options that have both been listed, of which not every pair of values makes sense, and why.
  virtual void expect_fit(bool fit, std::string_view first, std::string_view second,
                          std::string_view why) = 0;

 protected:
  OptionVisitor() = default;
  OptionVisitor(const OptionVisitor&) = default;
  OptionVisitor& operator=(const OptionVisitor&) = default;

 private:
  /// Which of the words; `chosen` is now, or words.size() if that has no name.
  virtual std::size_t one_of(std::string_view name, std::span<const std::string_view> words,
                             std::size_t chosen, std::string_view help) = 0;
  virtual bool reads() const { return false; }
};

/// Goes through a list of options with the visitor that it is given.
using OptionWalk = std::function<void(OptionVisitor&)>;

/// Throws Error (usage) for a value out of bounds.
void check_options(const OptionWalk& walk);

template <class Options>
Options checked(Options options) {
  check_options([&](OptionVisitor& visit) { options.list(visit); });
  return options;
}

/// An option and its value, as text that reads back.
struct Setting {
  std::string name;
  std::string value;
};

std::vector<Setting> settings_on(const OptionWalk& walk);

template <class Options>
std::vector<Setting> settings_of(Options options) {
  return settings_on([&](OptionVisitor& visit) { options.list(visit); });
}

}  // namespace weir
