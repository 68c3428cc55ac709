#include "models/first_network.h"

#include <algorithm>

#include "layers/init.h"
#include "models/insert_norm.h"

namespace weir {
namespace {

constexpr std::uint64_t weight_stream = 1;  // beside those of augmentation (2) and dropout (3)

std::unique_ptr<Sequential> given_network(const TrainingJob& job, const Architecture& form) {
  if (job.given == nullptr)
    fail({.code = "E0213",
          .message =
              fmt::format("recipe {} starts from given weights, not from a model's name", job.recipe.name),
          .help = "`weir compress` and `weir distill --start teacher` give some"});
  constexpr Index images = 2048;  // 2 million pre-activations a channel at 32x32, 131,072 at 8x8
  if (job.recipe.norm == NormUse::fold) return insert_batch_norm(*job.given, form, job.train, images);
  std::unique_ptr<Sequential> network = build(form, job.device);
  copy_values(*job.given, *network);
  return network;
}

}  // namespace

std::unique_ptr<Sequential> first_network(const TrainingJob& job) {
  const Architecture form = trained_form(job.architecture, job.recipe);
  if (job.recipe.initialisation == Initialisation::given) return given_network(job, form);
  expects(job.given == nullptr, "recipe {} starts afresh, but weights are given", job.recipe.name);
  std::unique_ptr<Sequential> network = build(form, job.device);
  const Rng rng = Rng{.seed = job.recipe.seed}.split(weight_stream);
  if (job.recipe.initialisation == Initialisation::he) {
    initialise_he(*network, rng);
  } else {
    constexpr Index images = 256;
    const RowRange rows{0, std::min(images, job.train.count())};
    initialise_lsuv(*network, image_tensor(job.train, rows, job.device), {}, rng);
  }
  return network;
}

}  // namespace weir
