#include "study/attack_words.h"

#include <array>
#include <fmt/format.h>

#include "attacks/registry.h"

namespace weir {
namespace {

struct Row {
  std::string_view name;
  std::string_view title;
  std::string_view explanation;
};

constexpr std::array entries{
    Row{"fgsm", "FGSM",
        "The fast gradient sign method looks once. For every value of the picture it asks the network: "
        "would brighter or darker hurt your answer? Then it moves all values at once by the same small "
        "amount, each in the direction that hurts."},
    Row{"igsm", "IGSM",
        "The iterative gradient sign method takes many small steps and looks again after each one. "
        "Every value moves in the direction that hurts the network's answer, but never further than eps "
        "from where it began."},
    Row{"pgd", "PGD",
        "Projected gradient descent begins at a random place near the picture, follows the gradient in many "
        "small steps, and after each one pulls the picture back to within eps of the original."},
    Row{"mi-fgsm", "MI-FGSM",
        "This attack follows the gradient in many small steps, and each step keeps part of the direction of "
        "those before it: its momentum carries it over small bumps."},
    Row{"apgd", "APGD",
        "AutoPGD follows the gradient with momentum and chooses its own step sizes: where it gets no "
        "further, it halves the step and goes back to the best place so far."},
    Row{"battery", "the battery",
        "The battery tries several attacks one after the other, noise first and then three forms of "
        "AutoPGD, and keeps the first picture that fools the network."},
    Row{"noise", "random noise",
        "Noise asks nobody: it adds random values as large as an attack's. It is the control. "
        "A network that this fools would need no attack."},
    Row{"jsma", "JSMA",
        "The saliency map attack changes few values, but each of them by a lot. In every step it picks the "
        "pair of values that raises the target class most while it lowers all the others."},
    Row{"deepfool", "DeepFool",
        "DeepFool pretends that the borders between the classes are flat. It walks straight to the nearest "
        "one, looks again from there, and stops as soon as the answer changes."},
    Row{"cw", "C&W",
        "The attack of Carlini and Wagner looks for the smallest change that fools the network. An optimiser "
        "weighs the size of the change against success, and a search repeats this with other weights; so the "
        "pictures along the way succeed and fail in turn."}};

}  // namespace

AttackWords words_of_attack(std::string_view name) {
  for (const Row& entry : entries)
    if (entry.name == name) return {std::string(entry.title), std::string(entry.explanation)};
  return {std::string(name), fmt::format("{}: {}.", name, attack_summary(name))};
}

}  // namespace weir
