/// The attacks by name, as the command line and recipes know them.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "attacks/attack.h"
#include "attacks/options.h"

namespace weir {

/// In order of increasing complexity.
std::vector<std::string> attack_names();

/// One sentence for help texts. Throws like make_attack.
std::string_view attack_summary(std::string_view name);

/// What the attack can be told, with its defaults.
std::vector<OptionDescription> attack_options(std::string_view name);

/// Throws Error (usage): E0208 for a name that is no attack, E0002 for an option it has not, and what
/// OptionReader says about values.
std::unique_ptr<Attack> make_attack(std::string_view name, const OptionTexts& options = {},
                                    const OptionContext& context = {});

}  // namespace weir
