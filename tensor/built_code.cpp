#include "tensor/built_code.h"

#include <algorithm>
#include <charconv>

namespace weir {
namespace {

/// Of one word of the list, for compute capability 10 * major + minor.
bool fits(std::string_view word, int capability) {
  int number = 0;
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), number);
  if (error != std::errc()) return true;
  const std::string_view rest = word.substr(static_cast<std::size_t>(end - word.data()));
  if (!rest.empty() && rest.front() != '-') return number == capability;
  const bool real = rest != "-virtual" && number / 10 == capability / 10 && number <= capability;
  return real || (rest != "-real" && number <= capability);
}

}  // namespace

bool has_code_for(std::string_view architectures, int major, int minor) {
  while (!architectures.empty()) {
    const std::size_t end = std::min(architectures.find(','), architectures.size());
    if (fits(architectures.substr(0, end), 10 * major + minor)) return true;
    architectures.remove_prefix(std::min(end + 1, architectures.size()));
  }
  return false;
}

}  // namespace weir
