/// What a user can say to the attack, in words.
#include <array>
#include <cmath>
#include <fmt/format.h>

#include "attacks/deepfool.h"

namespace weir {
namespace {

constexpr std::array<NamedValue<DeepFoolReading>, 3> readings = {{{"foolbox1", DeepFoolReading::foolbox1},
                                                                  {"reference", DeepFoolReading::reference},
                                                                  {"foolbox3", DeepFoolReading::foolbox3}}};
constexpr std::array<NamedValue<PixelNorm>, 2> norms = {{{"l2", PixelNorm::l2}, {"linf", PixelNorm::linf}}};

}  // namespace

DeepFoolOptions DeepFoolOptions::of(DeepFoolReading reading) {
  DeepFoolOptions options{.reading = reading};
  if (reading == DeepFoolReading::foolbox1) return options;
  options.steps = 50;
  options.overshoot = 0.02;
  return options;
}

DeepFool::DeepFool(const DeepFoolOptions& options) : options_(options) {
  expects(options.steps >= 1, "steps must be 1 or more, found {}", options.steps);
  expects(options.candidates >= 2, "candidates must be 2 or more, the label is one: found {}",
          options.candidates);
  expects(options.overshoot >= 0 && std::isfinite(options.overshoot), "overshoot must be 0 or more, found {}",
          options.overshoot);
  expects(!name_of(norms, options.norm).empty(), "DeepFool minimises l2 or linf");
}

std::unique_ptr<Attack> DeepFool::make(OptionReader& options) {
  const DeepFoolReading reading =
      options.choice("reading", DeepFoolOptions{}.reading, readings, "whose program is followed");
  const DeepFoolOptions defaults = DeepFoolOptions::of(reading);
  return std::make_unique<DeepFool>(DeepFoolOptions{
      .reading = reading,
      .steps = options.count("steps", defaults.steps, "at most (other readings: 50)"),
      .overshoot =
          options.real("overshoot", defaults.overshoot,
                       "share by which a step goes beyond the boundary (other readings: 0.02)", zero_or_more),
      .candidates =
          options.count("candidates", defaults.candidates, "likeliest classes, the label among them", 2),
      .norm = options.choice("norm", defaults.norm, norms, "what is kept small"),
  });
}

std::vector<Setting> DeepFool::settings() const {
  return {{"reading", std::string(name_of(readings, options_.reading))},
          {"steps", fmt::format("{}", options_.steps)},
          {"overshoot", fmt::format("{}", options_.overshoot)},
          {"candidates", fmt::format("{}", options_.candidates)},
          {"norm", std::string(name_of(norms, options_.norm))}};
}

}  // namespace weir
