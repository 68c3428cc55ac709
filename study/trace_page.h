/// The story of one image as a page that teachers can hand out: one file, no request, no script needed.
#pragma once

#include <string>
#include <vector>

#include "attacks/attack.h"
#include "study/page.h"
#include "study/trace.h"

namespace weir {

/// What the numbers do not say.
struct TraceHeading {
  std::string attack;                  // "igsm"
  std::vector<Setting> settings = {};  // of the attack
  std::string network;                 // "good-init"
  std::string image;                   // "image 21 of embedded (test)"
  std::string command;                 // makes this page again
  std::vector<Fact> environment = {};
};

/// As many steps are shown in full; all of them are in trace.csv.
inline constexpr Index most_shown_steps = 40;

/// Two equal traces give equal bytes. Throws usage for images of other than 1 or 3 channels.
std::string trace_page(const Trace& trace, const TraceHeading& heading);

}  // namespace weir
