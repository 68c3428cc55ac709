/// An attack's options as words.
#pragma once

#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "attacks/option_visitor.h"
#include "tensor/random.h"

namespace weir {

using OptionTexts = std::map<std::string, std::string, std::less<>>;

struct OptionDescription {
  enum class Kind { distance, real, count, choice };
  std::string name;
  Kind kind = Kind::distance;
  std::string otherwise;             // the default, as text that reads back
  std::string help;                  // a few words
  std::vector<std::string> choices;  // of Kind::choice
};

/// Who is asking.
struct OptionContext {
  Range pixels = {};        // what `k/255` is a fraction of
  std::string prefix = {};  // how messages write an option's name: "--" on a command line
};

/// Reads options from words. By being asked for, they are also described, so help, validation and defaults
/// cannot drift apart.
class OptionReader : public OptionVisitor {
 public:
  /// `owner` names the attack in messages.
  OptionReader(std::string owner, OptionTexts texts, OptionContext context = {});

  /// `0.025` in data units or `8/255` of the pixel range. Throws E0204 for what is no number, E0203 for less
  /// than 0 or more than the range.
  void distance(std::string_view name, double& value, std::string_view help) override;
  void length(std::string_view name, PixelNorm norm, double& value, std::string_view help) override;
  /// `-0.1`, `-8/255`. Throws E0204, E0203, E0206.
  void signed_distance(std::string_view name, double& value, std::string_view help) override;
  /// Throws E0204, E0206.
  void real(std::string_view name, double& value, std::string_view help, RealBounds bounds) override;
  /// Throws E0204, E0206.
  void count(std::string_view name, Index& value, std::string_view help, Index least) override;
  /// Throws E0006 with the values of both, and why, unless they `fit`.
  void expect_fit(bool fit, std::string_view first, std::string_view second, std::string_view why) override;

  /// Call after everything has been asked for. Throws E0002, with the nearest name, for a text that nobody
  /// asked for.
  void finish() const;
  std::span<const OptionDescription> asked() const { return asked_; }

 private:
  /// Notes the option; the user's text, or the default's.
  std::string text_of(OptionDescription description);
  /// "`--on logits`", of an option that was asked for.
  std::string quoted(std::string_view name) const;
  /// Throws E0207 with the nearest name.
  std::size_t one_of(std::string_view name, std::span<const std::string_view> words, std::size_t chosen,
                     std::string_view help) override;
  bool reads() const override { return true; }
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
