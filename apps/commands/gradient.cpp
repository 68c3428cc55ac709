#include <array>
#include <nlohmann/json.hpp>

#include "apps/commands/commands.h"
#include "apps/inputs.h"
#include "apps/session.h"
#include "attacks/seeds.h"
#include "data/atomic_file.h"
#include "data/json_dump.h"
#include "data/npy.h"

namespace weir {
namespace {

struct GradientOptions {
  NetworkWords network;
  std::string images, labels;
};

/// [N, classes] with a one at each label.
Tensor one_hot(std::span<const std::int32_t> labels, Device& device) {
  std::vector<float> values(labels.size() * class_count, 0.0f);
  for (std::size_t i = 0; i < labels.size(); ++i)
    values[i * class_count + static_cast<std::size_t>(labels[i])] = 1;
  return Tensor::from_host(std::span<const float>(values), {static_cast<Index>(labels.size()), class_count},
                           device);
}

ExitStatus run_gradient(const GradientOptions& options, Session& session) {
  Device& device = session.device();
  const std::string& out = session.shared().out;
  expect_writable_file(out);
  const OpenedNetwork opened = open_network(options.network, device);
  expect_no_input(out, std::array{opened.path, options.images, options.labels});
  const Pictures pictures = open_pictures(std::span(&options.images, 1), device);
  const Tensor& images = pictures.images;
  const std::vector<std::int32_t> labels = open_labels(options.labels, images.rows());
  Evaluator evaluator(opened.network(), device, session.numerics());
  const SeedRule seeds = cross_entropy_seeds({.labels = one_hot(labels, device)});
  const Tensor gradient = evaluator.query(images, seeds).gradients.reshaped(images.shape());
  const Shape& shape = images.shape();
  write_npy<float>(out, {{shape[0], shape[1], shape[2], shape[3]}, gradient.to_host()});
  const nlohmann::ordered_json document = {{"images", images.rows()}, {"out", out}};
  session.result(session.shared().json ? dumped(document) + "\n"
                                       : fmt::format("{}: float32 {}\n", out, to_string(shape)));
  return ExitStatus::done;
}

}  // namespace

void add_gradient(Command& weir) {
  const auto options = std::make_shared<GradientOptions>();
  Command& command = weir.child(
      {.name = "gradient",
       .summary = "the gradient of the summed cross-entropies with respect to the pixels",
       .examples = {"weir gradient good-init images.npy --labels labels.npy --out gradient.npy",
                    "weir gradient my.safetensors images.npy --labels labels.npy --device reference"}});
  takes_network(command, options->network)
      .positional("IMAGES", ".npy, float32 [N,3,32,32], values in [-1,1]", text_into(options->images))
      .needed_option("--labels", "FILE", ".npy, int64 [N], classes 0 to 9", text_into(options->labels))
      .writes_to("weir-out/gradient.npy")
      .shares({Shared::out, Shared::device, Shared::numerics, Shared::threads})
      .runs([options](Session& session) { return run_gradient(*options, session); });
}

}  // namespace weir
