#include "apps/attack_options.h"

#include "apps/command.h"
#include "attacks/registry.h"

namespace weir {

std::string words_of(const OptionDescription& option) {
  using Kind = OptionDescription::Kind;
  if (option.kind == Kind::choice)
    return fmt::format("{}: {} (default {})", option.help, fmt::join(option.choices, ", "), option.otherwise);
  return fmt::format(
      "{} (default {})", option.help,
      option.kind == Kind::distance ? distance_in_both_units(std::stod(option.otherwise)) : option.otherwise);
}

namespace {

const char* value_name(OptionDescription::Kind kind) {
  using Kind = OptionDescription::Kind;
  return kind == Kind::distance ? "D" : kind == Kind::real ? "X" : kind == Kind::count ? "N" : "NAME";
}

}  // namespace

Command& takes_attack_options(Command& command, const std::string& attack, OptionTexts& texts) {
  for (const OptionDescription& option : attack_options(attack))
    command.option("--" + option.name, value_name(option.kind), words_of(option),
                   [&texts, own = option.name](const Argument& argument) { texts[own] = argument.text; });
  return command;
}

}  // namespace weir
