#include <array>

#include "apps/explanation.h"

namespace weir {

// In the order of the registry.
std::span<const Explanation> attack_explanations() {
  static const std::array list{
      Explanation{{"fgsm"},
                  "It needs one gradient and is the weakest attack here; what withstands it need not "
                  "withstand anything else. Goodfellow, Shlens & Szegedy 2015.",
                  "x' = clip(x + eps * sign(dL/dx), -1, 1)",
                  "docs/lessons/03_linear_worst_case.md, docs/lessons/04_fgsm.md\nattacks/fgsm.cpp"},
      Explanation{
          {"igsm", "bim", "i-fgsm"},
          "Also called BIM. With steps that cannot reach the edge of the ball (10 of 0.002 in a "
          "ball of 0.025) it is weaker than it could be. Kurakin, Goodfellow & Bengio 2017.",
          "x <- clip(x + step * sign(dL/dx), original - eps, original + eps), and into the pixel range",
          "docs/lessons/05_igsm_and_pgd.md\nattacks/igsm.cpp"},
      Explanation{{"jsma", "saliency-map"},
                  "It counts how many of the 3072 numbers changed (l0), not by how much. Without a target "
                  "all wrong classes race, and the one that needs the fewest changes wins. Papernot et al. "
                  "2016.",
                  "a = dp_t/dx, b = d(sum of the other p)/dx\n"
                  "raise the pair (p, q) with the largest -(a_p + a_q) (b_p + b_q), where the first sum\n"
                  "is positive and the second negative; look again",
                  "docs/lessons/06_jsma.md\nattacks/jsma.cpp, attacks/pair_search.cpp"},
      Explanation{{"deepfool"},
                  "It has no budget: it measures how far away the nearest boundary is. Three programs "
                  "follow it in three ways, and `--reading` chooses. Moosavi-Dezfooli, Fawzi & Frossard "
                  "2016.",
                  "f_k = z_k - z_y, w_k = df_k/dx; nearest: the k with the smallest |f_k| / |w_k|\n"
                  "x <- x + |f_k| / |w_k|^2 * w_k, until the answer changes",
                  "docs/lessons/07_deepfool.md\nattacks/deepfool.cpp"},
      Explanation{{"cw", "carlini-wagner", "c&w"},
                  "It works on logits, so a saturated softmax cannot hide from it. `kappa` is the lead that "
                  "counts as success. Slow: up to 5 times 1000 passes an image. Carlini & Wagner 2017.",
                  "minimise |x' - x|^2 + c * max(0, z_y - max of the other z + kappa),  x' = tanh(w)\n"
                  "c is searched for each image by bisection",
                  "docs/lessons/08_carlini_wagner.md\nattacks/cw.cpp"},
      Explanation{{"mi-fgsm", "momentum"},
                  "Its inputs fool other networks more often than those of IGSM, since momentum follows "
                  "what is common to many looks. Dong et al. 2018.",
                  "m <- decay * m + g / |g|_1;  x <- project(x + step * sign(m))",
                  "docs/lessons/05_igsm_and_pgd.md\nattacks/mi_fgsm.cpp"},
      Explanation{{"pgd", "projected-gradient-descent"},
                  "The attack that a defence must withstand before anybody listens. Try `--restarts 5 "
                  "--iterations 100`, and `--loss margin` where the softmax may be saturated. Madry et al. "
                  "2018.",
                  "start anywhere in the ball;  x <- project(x + step * d)\n"
                  "d = sign(g) in an l-infinity ball, g / |g|_2 in an l2 ball",
                  "docs/lessons/05_igsm_and_pgd.md\nattacks/pgd.cpp"},
      Explanation{{"apgd", "auto-pgd"},
                  "It has no step size to choose wrongly. With the DLR loss no scaling of the logits "
                  "changes it. Croce & Hein 2020.",
                  "x <- project(x + step * sign(g) + momentum); at checkpoints, step <- step / 2 and back "
                  "to\n"
                  "the best image so far, where too few steps raised the loss",
                  "attacks/apgd.cpp, attacks/margins.h"},
      Explanation{{"battery"},
                  "For a robust accuracy that can be believed: an input counts as robust only if nothing in "
                  "the battery fools the network with it. In the spirit of AutoAttack (Croce & Hein 2020).",
                  "fooled by the battery = fooled by any of its members",
                  "attacks/battery.cpp"},
      Explanation{{"noise"},
                  "If noise of an attack's size fools the network as often as the attack, the attack has "
                  "found nothing.",
                  "x' = clip(x + eps * u / |u|, -1, 1), u random, the best of `repeats` draws",
                  "docs/lessons/03_linear_worst_case.md, docs/lessons/04_fgsm.md\nattacks/noise.h"}};
  return list;
}

}  // namespace weir
