/// An attack's own options on a command line: those of the registry, described in its words.
#pragma once

#include <string>

#include "attacks/options.h"

namespace weir {

class Command;

/// "the ball's radius (default 0.0627 (8/255))": for help and explanations.
std::string words_of(const OptionDescription& option);

/// Gives the command every option of the attack. What is typed goes to `texts`, which make_attack reads.
Command& takes_attack_options(Command& command, const std::string& attack, OptionTexts& texts);

}  // namespace weir
