/// What a user can say to the attack, in words.
#include <cmath>
#include <fmt/format.h>

#include "attacks/apgd.h"
#include "attacks/region.h"

namespace weir {

Apgd::Apgd(const ApgdOptions& options) : options_(options) {
  expects(options.eps >= 0 && std::isfinite(options.eps), "eps must be 0 or more, found {}", options.eps);
  expects(options.iterations >= 1, "iterations must be 1 or more, found {}", options.iterations);
  expects(options.restarts >= 1, "restarts must be 1 or more, found {}", options.restarts);
  expects(options.target_classes >= 1, "target classes must be 1 or more, found {}", options.target_classes);
}

std::unique_ptr<Attack> Apgd::make(OptionReader& options) {
  const ApgdOptions defaults;
  const PixelNorm norm = options.choice("norm", defaults.norm, ball_norms, "of the ball");
  return std::make_unique<Apgd>(ApgdOptions{
      .norm = norm,
      .eps = read_radius(options, norm),
      .iterations = options.count("iterations", defaults.iterations, "how many steps from each start"),
      .restarts = options.count("restarts", defaults.restarts, "how many starts; a row that fools is done"),
      .loss = options.choice("loss", defaults.loss, apgd_losses, "what is climbed"),
      .target_classes = options.count("target-classes", defaults.target_classes,
                                      "of dlr-targeted: how many wrong classes are tried"),
      .start = options.choice("start", defaults.start, starts, "where each begins"),
      .seed = options.choice("seed-scale", defaults.seed, seed_scales,
                             "scaled: a gradient that cannot underflow"),
  });
}

std::vector<Setting> Apgd::settings() const {
  return {{"norm", std::string(name_of(ball_norms, options_.norm))},
          {"eps", fmt::format("{}", options_.eps)},
          {"iterations", fmt::format("{}", options_.iterations)},
          {"restarts", fmt::format("{}", options_.restarts)},
          {"loss", std::string(name_of(apgd_losses, options_.loss))},
          {"target-classes", fmt::format("{}", options_.target_classes)},
          {"start", std::string(name_of(starts, options_.start))},
          {"seed-scale", std::string(name_of(seed_scales, options_.seed))}};
}

}  // namespace weir
