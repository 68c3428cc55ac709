/// Words of the command line become values, or a message that says how to write them.
#pragma once

#include <functional>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include "tensor/shape.h"

namespace weir {

/// One value as the user gave it: `name` is what messages call it (`--eps`, `WEIGHTS`).
struct Argument {
  std::string name;
  std::string text;
};

/// Takes one value. Throws Error (usage) that quotes it.
using Reader = std::function<void(const Argument&)>;

struct Bounds {
  Index low = 0;
  Index high = std::numeric_limits<Index>::max();
};

Reader text_into(std::string& target);
Reader texts_into(std::vector<std::string>& target);
/// Throws E0206 outside the bounds.
Reader integer_into(Index& target, Bounds bounds = {});
/// Throws E0206 unless it is finite and more than 0.
Reader positive_into(double& target);
/// One of the names. Throws E0207 with the nearest.
Reader name_into(std::string& target, std::vector<std::string> names);

// Lists, divided by commas, in the place of what the target held. Each value is read as above.
Reader texts_of_list_into(std::vector<std::string>& target);
Reader names_into(std::vector<std::string>& target, std::vector<std::string> names);
Reader integers_into(std::vector<Index>& target, Bounds bounds = {});

}  // namespace weir
