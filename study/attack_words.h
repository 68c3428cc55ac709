/// The attacks in words, for pages.
#pragma once

#include <string>
#include <string_view>

namespace weir {

struct AttackWords {
  std::string title;        // "FGSM"
  std::string explanation;  // how it works, for a student; a few sentences
};

/// By the registry's name; an attack without words of its own has its summary there.
AttackWords words_of_attack(std::string_view name);

}  // namespace weir
