/// What the paper printed (study/paper.json), and the rules, fixed before any run, by which ours is compared
/// with it.
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "study/statistics.h"

namespace weir {

enum class RuleKind {
  exact,     // equal, or not
  interval,  // the paper's value lies in our interval
  absolute,  // the difference is at most the tolerance
  relative,  // the difference is at most the tolerance times the paper's value
  none       // a setting, not a result
};

struct Rule {
  std::string name = {};
  RuleKind kind = RuleKind::none;
  double tolerance = 0;
  std::string why = {};
};

/// One number as the paper prints it: "0.86" and "0.8600" are the same value but not the same precision.
struct Printed {
  std::string text = {};
  double value = 0;
  int decimals = 0;
  Rule rule = {};
};

enum class Verdict { agrees, near, differs, unjudged };
std::string_view to_string(Verdict verdict);

/// Applies the printed number's rule; half a unit of its last digit is always granted. `near`: a miss by at
/// most twice what the rule allows.
Verdict judge(const Printed& paper, const Measured& ours);

/// A statement of the paper that can turn out false.
struct Direction {
  std::string id;
  std::string question;
  std::string statement;
  std::string evidence;
  std::string test;  // how it is decided
};

/// A place where the paper does not agree with itself.
struct Inconsistency {
  std::string where;
  std::string text = {};
};

class Paper {
 public:
  /// Throws Error of kind damaged (E0440) that names the file and the key.
  static Paper read(const std::filesystem::path& path);

  /// Throws Error of kind usage where the paper prints no such number.
  const Printed& printed(std::string_view table, std::string_view row, std::string_view column) const;
  const Printed* find(std::string_view table, std::string_view row, std::string_view column) const;

  /// A cell that is a word and not a number ("linf", "Dropout: 0.25"); empty where there is none.
  std::string word(std::string_view table, std::string_view row, std::string_view column) const;
  /// A number of a table's settings, as printed: setting("fgsm", "epsilon") is 0.025.
  double setting(std::string_view section, std::string_view key) const;

  const std::string& title(std::string_view table) const;
  Index count_of_numbers() const { return static_cast<Index>(numbers_.size()); }
  const std::vector<Rule>& rules() const { return rules_; }
  const std::vector<Direction>& directions() const { return directions_; }
  const std::vector<Inconsistency>& inconsistencies() const { return inconsistencies_; }

 private:
  std::map<std::string, Printed, std::less<>> numbers_;  // key: "table2|original/fgsm|confidence"
  std::map<std::string, std::string, std::less<>> words_;
  std::map<std::string, std::string, std::less<>> titles_;
  std::map<std::string, std::string, std::less<>> settings_;
  std::vector<Rule> rules_;
  std::vector<Direction> directions_;
  std::vector<Inconsistency> inconsistencies_;
};

}  // namespace weir
