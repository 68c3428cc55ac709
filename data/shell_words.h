/// Command lines that a person may copy into a shell.
#pragma once

#include <span>
#include <string>

namespace weir {

/// "weir" and these words, each quoted where a shell would read it otherwise.
std::string shell_command(std::span<const std::string> words);

}  // namespace weir
