#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "apps/commands/commands.h"
#include "apps/inputs.h"
#include "apps/session.h"
#include "attacks/reading.h"
#include "data/atomic_file.h"
#include "data/json_dump.h"
#include "data/npy.h"
#include "layers/evaluator.h"

namespace weir {
namespace {

using Json = nlohmann::ordered_json;

struct PredictOptions {
  NetworkWords network;
  std::vector<std::string> images;
};

struct Prediction {
  std::string image;
  std::int32_t label = 0;
  double confidence = 0;
  std::vector<double> logits;
};

std::vector<Prediction> predictions(const Pictures& pictures, const Tensor& logits) {
  std::vector<Prediction> found;
  for_each_row(logits, [&](Index row, std::span<const double> values) {
    const std::int32_t label = predicted_class(values);
    if (label < 0)
      fail({.kind = ErrorKind::numerical,
            .code = "E0503",
            .message =
                fmt::format("a logit of {} is not a number", pictures.names[static_cast<std::size_t>(row)])});
    found.push_back({pictures.names[static_cast<std::size_t>(row)],
                     label,
                     confidence_of(values, label),
                     {values.begin(), values.end()}});
  });
  return found;
}

Json document(const std::vector<Prediction>& found, const OpenedNetwork& opened) {
  Json rows = Json::array();
  for (const Prediction& p : found)
    rows.push_back({{"image", p.image},
                    {"class", p.label},
                    {"name", class_names[static_cast<std::size_t>(p.label)]},
                    {"confidence", p.confidence},
                    {"logits", p.logits}});
  return {{"model", opened.stored.architecture.model}, {"weights", opened.path}, {"predictions", rows}};
}

std::string table(const std::vector<Prediction>& found) {
  std::size_t widest = 0;
  for (const Prediction& p : found) widest = std::max(widest, p.image.size());
  std::string text;
  for (const Prediction& p : found)
    text += fmt::format("{:<{}}  {:<10}  {:6.2f} %\n", p.image, widest,
                        class_names[static_cast<std::size_t>(p.label)], 100 * p.confidence);
  return text;
}

ExitStatus run_predict(const PredictOptions& options, Session& session) {
  Device& device = session.device();
  const std::string& out = session.shared().out;
  if (!out.empty()) expect_writable_file(out);
  expect_no_input(out, options.images);
  const OpenedNetwork opened = open_network(options.network, device);
  expect_no_input(out, std::span(&opened.path, 1));
  const Pictures pictures = open_pictures(options.images, device);
  const Tensor logits = Evaluator(opened.network(), device, session.numerics()).logits(pictures.images);
  const std::vector<Prediction> found = predictions(pictures, logits);
  if (!out.empty()) write_npy<float>(out, {{logits.shape()[0], logits.shape()[1]}, logits.to_host()});
  session.result(session.shared().json ? dumped(document(found, opened)) + "\n" : table(found));
  return ExitStatus::done;
}

}  // namespace

void add_predict(Command& weir) {
  const auto options = std::make_shared<PredictOptions>();
  Command& command = weir.child(
      {.name = "predict",
       .summary = "what a network sees in pictures",
       .examples = {"weir predict good-init cat.png dog.png",
                    "weir predict good-init adversarial.npy --out logits.npy"},
       .details = "Under `exact`, the default, logits are those of the image alone, whatever else is on "
                  "the command line."});
  takes_network(command, options->network)
      .rest("IMAGES", "32x32 PNG files, or .npy (float32 [N,3,32,32], values in [-1,1])",
            texts_into(options->images))
      .shares({Shared::out, Shared::device, Shared::numerics, Shared::threads})
      .runs([options](Session& session) { return run_predict(*options, session); });
}

}  // namespace weir
