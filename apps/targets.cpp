#include "apps/targets.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "apps/inputs.h"
#include "data/cifar.h"
#include "data/wording.h"
#include "tensor/check.h"
#include "tensor/suggest.h"

namespace weir {

std::int32_t class_of(const std::string& text, const std::string& option) {
  const std::vector<std::string> names(class_names.begin(), class_names.end());
  for (std::size_t k = 0; k < names.size(); ++k)
    if (text == names[k] || text == std::to_string(k)) return static_cast<std::int32_t>(k);
  fail({.code = "E0207",
        .message = fmt::format("`{}` has no {}", option, printable(text)),
        .note = fmt::format("it is one of {}, or its number", fmt::join(names, ", ")),
        .help = suggestion(text, names)});
}

std::vector<std::int32_t> targets_of(const std::string& text, std::span<const std::int32_t> labels) {
  if (text.ends_with(".npy")) return open_labels(text, static_cast<Index>(labels.size()));
  std::vector<std::int32_t> targets(labels.begin(), labels.end());
  if (text == "next") {
    for (std::int32_t& target : targets)
      target = (target + 1) % static_cast<std::int32_t>(class_names.size());
    return targets;
  }
  std::fill(targets.begin(), targets.end(), class_of(text, "--target"));
  return targets;
}

}  // namespace weir
