/// The program: the tree of commands, and what becomes of what they throw.
#pragma once

#include <string>
#include <vector>

namespace weir {

/// Runs one command line (without the program's name) and gives the exit code of the contract.
int run_program(const std::vector<std::string>& words);

}  // namespace weir
