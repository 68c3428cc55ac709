#include "tests/attacks/attack_list.h"

#include "attacks/apgd.h"
#include "attacks/battery.h"
#include "attacks/cw.h"
#include "attacks/deepfool.h"
#include "attacks/fgsm.h"
#include "attacks/igsm.h"
#include "attacks/jsma.h"
#include "attacks/mi_fgsm.h"
#include "attacks/noise.h"
#include "attacks/pgd.h"

namespace weir {

std::vector<std::unique_ptr<Attack>> attacks_of_this_folder(double scale, Start start) {
  std::vector<std::unique_ptr<Attack>> attacks;
  for (const double base : {0.025, 0.3}) {
    const double eps = base * scale;
    attacks.push_back(std::make_unique<Fgsm>(FgsmOptions{.eps = eps}));
    for (const EarlyStop stop : {EarlyStop::none, EarlyStop::at_success})
      attacks.push_back(std::make_unique<Igsm>(IgsmOptions{.eps = eps, .step = eps / 7, .early_stop = stop}));
    attacks.push_back(std::make_unique<MiFgsm>(MiFgsmOptions{.eps = eps, .step = eps / 7}));
    for (const PixelNorm norm : {PixelNorm::linf, PixelNorm::l2}) {
      // p - e_y has few digits where p_y is nearly 1: signs survive that, directions turn
      const SeedScale seed = norm == PixelNorm::l2 ? SeedScale::scaled : SeedScale::faithful;
      attacks.push_back(std::make_unique<Pgd>(PgdOptions{.norm = norm,
                                                         .eps = eps,
                                                         .step = eps / 4,
                                                         .iterations = 5,
                                                         .restarts = 2,
                                                         .start = start,
                                                         .seed = seed}));
      attacks.push_back(std::make_unique<Apgd>(
          ApgdOptions{.norm = norm, .eps = eps, .iterations = 8, .start = start, .seed = seed}));
    }
    if (start == Start::random) attacks.push_back(std::make_unique<Noise>(NoiseOptions{.eps = eps}));
  }
  return attacks;
}

std::vector<std::unique_ptr<Attack>> every_attack(double scale) {
  std::vector<std::unique_ptr<Attack>> attacks = attacks_of_this_folder(scale);
  attacks.push_back(std::make_unique<Battery>(BatteryOptions{.eps = 0.1 * scale, .iterations = 5}));
  for (const Outputs on : {Outputs::probabilities, Outputs::logits})
    attacks.push_back(
        std::make_unique<Jsma>(JsmaOptions{.theta = 0.4 * scale, .gamma = 1, .saliency = {.on = on}}));
  for (const auto reading :
       {DeepFoolReading::foolbox1, DeepFoolReading::reference, DeepFoolReading::foolbox3})
    attacks.push_back(std::make_unique<DeepFool>(DeepFoolOptions::of(reading)));
  attacks.push_back(std::make_unique<Cw>(CwOptions{
      .learning_rate = 0.05, .initial_constant = 0.1 * scale * scale, .binary_steps = 2, .iterations = 20}));
  return attacks;
}

}  // namespace weir
