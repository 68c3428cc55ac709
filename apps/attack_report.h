/// An attack's summary as summary.json and as text.
#pragma once

#include <optional>
#include <string>

#include "attacks/masking.h"

namespace weir {

/// What was attacked with what, for the first lines of a report.
struct AttackHeading {
  std::string attack;
  std::vector<Setting> settings;
  std::string weights;                  // of the network that judges
  std::vector<std::string> crafted_on;  // of all networks
  std::string fusion;                   // of their losses; empty for one
  std::string target = {};              // what was aimed at; empty: any class but the label
  Index left_out = 0;                   // images that already are of that class
  std::string device;
};

/// What attacks/settings mean to a person: "eps 0.025 (3.19/255), label prediction".
std::string in_words(const Attack& attack);

/// `diagnosis`: where one was asked for.
std::string summary_json(const AttackHeading& run, const AttackSummary& summary,
                         const std::optional<MaskingDiagnosis>& diagnosis = {});
std::string summary_text(const AttackSummary& summary);

}  // namespace weir
