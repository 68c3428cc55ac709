#include <array>

#include "apps/explanation.h"

namespace weir {

// In the order in which one meets them.
std::span<const Explanation> term_explanations() {
  static const std::array list{
      Explanation{{"gradient", "slope"},
                  "For each number that went into a computation: how much would what came out change if "
                  "this number were a little larger? All of them come out of one walk backwards. Training "
                  "uses the gradients of the weights, an attack those of the image.",
                  "L(x + r) = L(x) + <g, r>, nearly, for small r",
                  "docs/lessons/01_scalar_backpropagation.md, docs/lessons/02_gradient_of_pixels.md"},
      Explanation{{"backpropagation", "chain-rule", "backward"},
                  "Slopes along a chain multiply. Begin at the loss with 1, go back step by step, and "
                  "multiply by each step's own slope. Where a number is used twice, its slopes add up.",
                  "dL/dx = dL/dy * dy/dx",
                  "docs/lessons/01_scalar_backpropagation.md, docs/derivations/"},
      Explanation{{"tape"},
                  "The record of one computation, every value under a path such as conv3/relu. It knows "
                  "whether the network trains or is used, so a model cannot be attacked in training mode by "
                  "accident.",
                  {},
                  "autograd/tape.h, docs/lessons/02_gradient_of_pixels.md"},
      Explanation{{"cotangent", "pullback"},
                  "A cotangent holds the slopes of one number for every entry of a value; a pullback turns "
                  "the cotangent of what came out of an operation into those of what went in.",
                  "dx_i = sum over j of dy_j * dy_j/dx_i",
                  "docs/derivations/README.md"},
      Explanation{{"logits", "softmax", "probability", "confidence"},
                  "Logits are the ten numbers that come out of a network; the largest is its answer. "
                  "Softmax turns them into probabilities. Confidence is the probability of the answer; it "
                  "says how sure the network is, not how right.",
                  "p_k = exp(z_k) / sum over j of exp(z_j)",
                  "docs/derivations/softmax.md"},
      Explanation{{"loss", "cross-entropy"},
                  "How wrong the network is about an image: minus the logarithm of the probability that it "
                  "gives to the truth. 0 is sure and right; 2.3 is a blind guess among ten. Its slope at "
                  "the logits is what the network says minus what it should say.",
                  "L = -ln p_y;  dL/dz = p - e_y",
                  "docs/derivations/softmax_cross_entropy.md"},
      Explanation{{"data-units", "units", "pixel-range"},
                  "Images here run from -1 to 1, a range 2 wide. A bare number (--eps 0.025) is in these "
                  "units; k/255 is a fraction of the pixel range, so 8/255 is 0.0627 here. The image that "
                  "most papers mean runs from 0 to 1: halve our numbers.",
                  "x = byte / 127.5 - 1",
                  "docs/files.md"},
      Explanation{{"norm", "l0", "l1", "l2", "linf", "distance"},
                  "How large a change is depends on how you measure. l0: how many numbers changed. l1: the "
                  "sum of the changes' magnitudes. l2: the length. linf: the largest change. An attack is "
                  "small in one of them and may be large in another. Relative: divided by the same norm of "
                  "the image.",
                  "|r|_2 = sqrt(sum of r_i^2),  |r|_inf = max |r_i|",
                  "docs/lessons/03_linear_worst_case.md"},
      Explanation{{"eps", "epsilon", "radius", "ball"},
                  "How far an attack may go. Everything within eps of the original, in the attack's norm, "
                  "is its ball; what an attack of a ball returns never leaves it.",
                  "|x' - x| <= eps",
                  "weir explain norm, weir explain data-units"},
      Explanation{{"adversarial-input", "adversarial"},
                  "An image that the network classifies correctly, changed a little, so that it no longer "
                  "does. An image that the network gets wrong from the start is no adversarial input; it is "
                  "skipped and counted.",
                  {},
                  "docs/lessons/04_fgsm.md"},
      Explanation{{"targeted", "untargeted", "target"},
                  "Untargeted: any answer but the truth will do. Targeted (--target ship): one named class. "
                  "Targeted is harder, and one step is rarely enough.",
                  {},
                  "docs/lessons/06_jsma.md"},
      Explanation{{"success-rate", "robust-accuracy"},
                  "Success rate: of the images that the network got right before, the share that the attack "
                  "made it get wrong. Robust accuracy: of all images, the share that is right before and "
                  "after. Both come with Wilson's 95 % interval.",
                  "success = successes / (right before);  robust = (right before and after) / all",
                  "docs/files.md"},
      Explanation{{"interval", "wilson"},
                  "How far off a rate may be because only so many images were tried. Of 100 intervals like "
                  "this, about 95 hold the true rate.",
                  "(p + z^2/2n -+ z sqrt(p(1-p)/n + z^2/4n^2)) / (1 + z^2/n),  z = 1.96",
                  "study/statistics.h"},
      Explanation{{"verdict", "judge"},
                  "Whether an attack has won is not its own decision. Every image is shown to the network "
                  "once more, alone, with exact arithmetic, and again rounded to the 256 levels of a "
                  "picture file.",
                  {},
                  "attacks/judge.h"},
      Explanation{{"boundary", "decision-boundary", "margin", "lead"},
                  "Where the two largest logits are equal, the answer changes. The lead is how far the "
                  "answer's logit is above the next; divided by the length of its gradient it is, nearly, "
                  "the distance from the boundary.",
                  "distance = (z_y - z_k) / |d(z_y - z_k)/dx|",
                  "docs/lessons/07_deepfool.md"},
      Explanation{{"transfer"},
                  "An input made against one network that also fools another. Networks that learned from "
                  "the same images make similar mistakes.",
                  {},
                  "weir transfer --help, docs/lessons/09_gradient_masking.md"},
      Explanation{{"ensemble", "fusion"},
                  "An attack on several networks at once, by their mean probabilities, logits or losses. "
                  "What it makes is meant to transfer better; whether it does, our study could not tell (Q5d "
                  "in docs/findings.md).",
                  {},
                  "weir attack pgd --help (--also, --fusion), attacks/ensemble.h"},
      Explanation{{"gradient-masking", "masking", "obfuscated-gradients"},
                  "The gradient is zero or useless, the attack fails, and the network is no safer. Signs: "
                  "many steps do no better than one, an attack on logits does much better, inputs from "
                  "another network work. Ask --diagnose.",
                  "p_y rounds to 1  ->  dL/dz = p - e_y = 0  ->  no gradient at all",
                  "docs/lessons/09_gradient_masking.md, attacks/masking.h"},
      Explanation{{"distillation", "defensive-distillation"},
                  "A defence: a second network learns what the first one says at a high temperature, and is "
                  "used at temperature 1. It withstands attacks by the gradient of its softmax, because "
                  "that underflows, and nothing else.",
                  "train on softmax(z / T), use softmax(z)",
                  "docs/lessons/09_gradient_masking.md, weir distill --help"},
      Explanation{{"temperature"},
                  "What logits are divided by before softmax. High: soft, all classes alike. Low: sure. "
                  "Dividing changes no answer, since the largest stays the largest.",
                  "p_k = exp(z_k / T) / sum over j of exp(z_j / T)",
                  "docs/derivations/softmax.md, docs/lessons/09_gradient_masking.md"},
      Explanation{{"seed-scale", "scaled", "underflow"},
                  "`faithful` is the gradient as float arithmetic gives it, all zero once the network is "
                  "sure to the last bit. `scaled` is the same direction, computed without ever forming 1 - "
                  "p_y.",
                  "(p - e_y) / (1 - p_y) = sum over k != y of q_k e_k - e_y,  q = softmax over the others",
                  "attacks/seeds.h"},
      Explanation{{"compression", "apoz", "pruning"},
                  "A smaller network from a trained one: the units that are most often zero are removed, "
                  "and it is trained on. APoZ: the average percentage of zeros.",
                  {},
                  "weir compress --help, models/prune.h"},
      Explanation{{"mutual-information", "mi", "nats", "entropy"},
                  "How much better you can guess one symbol when you know another, in nats (bits times "
                  "0.693). 0: nothing in common. It does not ask how the two are related.",
                  "I(a; b) = sum over i, j of p(i, j) ln(p(i, j) / (p(i) p(j)))",
                  "docs/lessons/10_information_flow.md, infoflow/mutual_information.h"},
      Explanation{{"iip", "oip", "information-path", "ioc"},
                  "One number a layer. IIP: the mean mutual information of its maps with the image's "
                  "colours. OIP: with the maps of the last convolution. IOC: one against the other. "
                  "Distance: the mean over layers of the absolute difference.",
                  "IIP(k) = mean of I(map; colour),  OIP(k) = mean of I(map; map of the last layer)",
                  "docs/lessons/10_information_flow.md, weir flow --help"},
      Explanation{{"bucket", "symbol", "plug-in", "bias", "shift-null"},
                  "A map's values become 9 symbols, and how often two meet is taken for a probability "
                  "(plug-in). On small maps chance alone looks like information: 8x8 maps with nothing in "
                  "common give 0.34 to 0.52 nats. shift-null measures that with one map shifted around, and "
                  "takes it off.",
                  "symbol = ceil(8 (v - least) / (greatest - least))",
                  "docs/lessons/10_information_flow.md, infoflow/bucketize.h"},
      Explanation{{"normal-inputs", "matched-clean"},
                  "What adversarial inputs are compared with. normal: images that the network was trained "
                  "on, as in the study. matched clean: the very images that were attacked, unchanged, which "
                  "is the fairer comparison.",
                  {},
                  "docs/glossary.md"},
      Explanation{
          {"device", "backend", "vendor"},
          "Who computes: reference (plain loops, the oracle), onednn and openblas (fast), cuda (an NVIDIA "
          "GPU), emulated (a CUDA grid played on the host).",
          {},
          "weir doctor, docs/architecture.md"},
      Explanation{
          {"exact", "fast", "numerics"},
          "exact: an image's result has the same bits alone and in any batch. fast: the best "
          "algorithm for each layer's shape, on a GPU in TF32; the last digits may differ. Attacks craft "
          "under fast; every verdict is exact.",
          {},
          "docs/architecture.md"},
      Explanation{{"batch-norm", "fold"},
                  "In training each channel is brought to mean 0 and variance 1 over the batch. Used, the "
                  "layer is affine, and moves exactly into the convolution before it.",
                  "y = gamma (x - mean) / sqrt(variance + epsilon) + beta",
                  "docs/derivations/batch_norm.md"},
      Explanation{{"convolution", "feature-map", "max-pool"},
                  "A convolution looks at the image through many small windows with the same weights; each "
                  "set of weights gives a map of where its pattern was seen. A max pool keeps the strongest "
                  "of neighbours.",
                  "y[k,p,q] = bias[k] + sum over c, r, s of weight[k,c,r,s] x[c,p+r,q+s]",
                  "docs/derivations/conv2d.md, docs/derivations/max_pool.md"},
      Explanation{{"calibration"},
                  "Whether a network that says 90 % is right nine times out of ten. The calibration error "
                  "is the mean difference, in 15 bins of confidence.",
                  {},
                  "weir eval --help, models/evaluate.h"},
      Explanation{{"trace"},
                  "The story of one image under one attack: every iterate with its gradient, its logits and "
                  "its information paths, as a page.",
                  {},
                  "weir trace --help"},
      Explanation{{"manifest", "seed", "reproducible"},
                  "Every folder of results says what made it: version, command line, seed, and a "
                  "fingerprint of each file. The same seed gives the same bytes on the same machine and "
                  "build.",
                  {},
                  "docs/files.md, weir verify --help"}};
  return list;
}

}  // namespace weir
