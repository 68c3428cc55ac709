#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "apps/commands/commands.h"
#include "apps/inputs.h"
#include "apps/run_folder.h"
#include "apps/session.h"
#include "attacks/reading.h"
#include "attacks/summary.h"
#include "data/csv.h"
#include "data/json_dump.h"
#include "data/npy.h"
#include "data/wording.h"
#include "models/zoo.h"
#include "study/study_steps.h"

namespace weir {
namespace {

using Json = nlohmann::ordered_json;

struct TransferWords {
  std::string folder;
  std::vector<std::string> weights;
};

/// What an attack left, those inputs only that fooled its network.
struct Fooled {
  Tensor original, adversarial, noise;
  std::vector<std::int32_t> labels;
};

std::vector<Index> successes_in(const std::string& records) {
  const CsvTable table = read_csv(records);
  const std::size_t status = table.column("status");
  std::vector<Index> rows;
  for (std::size_t row = 0; row < table.rows.size(); ++row)
    if (table.rows[row][status] == "success") rows.push_back(static_cast<Index>(row));
  return rows;
}

std::vector<float> rows_of(const NpyArray<float>& images, const std::vector<Index>& rows) {
  std::vector<float> chosen;
  for (const Index row : rows) {
    const auto first = images.values.begin() + row * image_volume;
    chosen.insert(chosen.end(), first, first + image_volume);
  }
  return chosen;
}

Fooled read_fooled(const std::string& folder, RunFolder& out, Session& session) {
  for (const char* name : {"original.npy", "adversarial.npy", "labels.npy", "records.csv"}) {
    const std::string file = folder + "/" + name;
    if (std::error_code unknown; !std::filesystem::exists(file, unknown) && !unknown)
      fail({.kind = ErrorKind::missing,
            .code = "E0302",
            .message = fmt::format("cannot read `{}`: no such file", file),
            .help = "name a folder that `weir attack` wrote"});
    out.reads(file);
  }
  const std::vector<Index> rows = successes_in(folder + "/records.csv");
  if (rows.empty())
    fail({.code = "E0217", .message = fmt::format("{} holds no input that fooled its network", folder)});
  const NpyArray<float> original = read_images_npy(folder + "/original.npy"),
                        adversarial = read_images_npy(folder + "/adversarial.npy");
  const std::vector<std::int32_t> all = open_labels(folder + "/labels.npy", original.shape[0]);
  if (adversarial.shape != original.shape || rows.back() >= original.shape[0])
    fail({.kind = ErrorKind::damaged,
          .code = "E0409",
          .message = fmt::format("the files in {} are not of the same inputs", folder)});
  Fooled fooled;
  for (const Index row : rows) fooled.labels.push_back(all[static_cast<std::size_t>(row)]);
  const std::vector<float> before = rows_of(original, rows), after = rows_of(adversarial, rows);
  const auto tensor = [&](const std::vector<float>& values) {
    return Tensor::from_host(std::span<const float>(values),
                             {std::ssize(rows), image_channels, image_side, image_side}, session.device());
  };
  fooled.original = tensor(before);
  fooled.adversarial = tensor(after);
  fooled.noise = tensor(noise_of_equal_norm(before, after, rows, session.shared().seed));
  return fooled;
}

struct Row {
  std::string network;
  Rate all, conditional, noise;
};

std::vector<std::int32_t> classes_of(Evaluator& evaluator, const Tensor& images) {
  std::vector<std::int32_t> classes;
  for_each_row(evaluator.logits(images),
               [&](Index, std::span<const double> logits) { classes.push_back(predicted_class(logits)); });
  return classes;
}

Row shown_to(const std::string& weights, const Fooled& fooled, Session& session) {
  const OpenedNetwork opened = open_network({.weights = weights, .model = {}}, session.device());
  Evaluator evaluator(opened.network(), session.device());
  const std::vector<std::int32_t> clean = classes_of(evaluator, fooled.original),
                                  now = classes_of(evaluator, fooled.adversarial),
                                  noisy = classes_of(evaluator, fooled.noise);
  Index wrong = 0, right_before = 0, wrong_of_those = 0, wrong_by_noise = 0;
  for (std::size_t i = 0; i < clean.size(); ++i) {
    const bool right = clean[i] == fooled.labels[i], fooled_now = now[i] != fooled.labels[i];
    wrong += fooled_now ? 1 : 0;
    right_before += right ? 1 : 0;
    wrong_of_those += right && fooled_now ? 1 : 0;
    wrong_by_noise += right && noisy[i] != fooled.labels[i] ? 1 : 0;
  }
  return {.network = weights,
          .all = rate_of(wrong, std::ssize(clean)),
          .conditional = rate_of(wrong_of_those, right_before),
          .noise = rate_of(wrong_by_noise, right_before)};
}

std::string as_csv(const std::vector<Row>& rows) {
  std::string csv = "network,rate_of,hits,trials,rate,low,high\n";
  for (const Row& row : rows) {
    const auto line = [&](std::string_view name, const Rate& rate) {
      csv += fmt::format("{},{},{},{},{},{},{}\n", csv_quoted(row.network), name, rate.hits, rate.trials,
                         rate.value, rate.low, rate.high);
    };
    line("all", row.all);
    line("conditional", row.conditional);
    line("noise", row.noise);
  }
  return csv;
}

Json rate_json(const Rate& rate) {
  return {{"hits", rate.hits},
          {"trials", rate.trials},
          {"rate", rate.value},
          {"interval", Json::array({rate.low, rate.high})}};
}

std::string document(const std::vector<Row>& rows) {
  Json json = Json::array();
  for (const Row& row : rows)
    json.push_back({{"network", row.network},
                    {"all", rate_json(row.all)},
                    {"conditional", rate_json(row.conditional)},
                    {"noise", rate_json(row.noise)}});
  return dumped(Json{{"networks", json}}) + "\n";
}

std::string table(const std::vector<Row>& rows) {
  std::string text = fmt::format("{:<24} {:>8} {:>14} {:>18} {:>9}\n", "shown to", "wrong", "right before",
                                 "of those wrong", "by noise");
  for (const Row& row : rows)
    text += fmt::format("{:<24} {:>3} / {:<3} {:>13} {:>5.3f} ({:.3f}-{:.3f}) {:>8.3f}\n", row.network,
                        row.all.hits, row.all.trials, row.conditional.trials, row.conditional.value,
                        row.conditional.low, row.conditional.high, row.noise.value);
  return text;
}

ExitStatus run_transfer(const TransferWords& words, Session& session) {
  RunFolder folder(session);
  for (const std::string& weights : words.weights) folder.reads(find_weights(weights));
  const Fooled fooled = read_fooled(words.folder, folder, session);
  session.say(fmt::format("{} that fooled their network, shown to {} ({})",
                          count_of(std::ssize(fooled.labels), "input"),
                          count_of(std::ssize(words.weights), "network"), session.device().name()));
  if (session.shared().dry_run) return ExitStatus::done;
  std::vector<Row> rows;
  for (const std::string& weights : words.weights)
    rows.push_back(shown_to(find_weights(weights), fooled, session));
  for (std::size_t i = 0; i < rows.size(); ++i) rows[i].network = words.weights[i];
  folder.write("transfer.csv", as_csv(rows));
  folder.seal(words.folder);
  session.result(session.shared().json ? document(rows) : table(rows));
  return ExitStatus::done;
}

}  // namespace

void add_transfer(Command& weir) {
  const auto words = std::make_shared<TransferWords>();
  weir.child({.name = "transfer",
              .summary = "how many inputs that fooled one network fool others",
              .examples = {"weir transfer weir-out/attack good-init",
                           "weir transfer weir-out/attack mine.safetensors theirs.safetensors --json"},
              .details = "Of the successes in an attack's folder: those that another network gets wrong; the "
                         "same among images that it gets right before the attack; and under Gaussian noise "
                         "of the same l2 norm, for comparison. Writes transfer.csv and manifest.json."})
      .positional("ATTACK_DIR", "a folder that `weir attack` wrote", text_into(words->folder))
      .rest("WEIGHTS", "safetensors files, or names of weights that come with Weir",
            texts_into(words->weights))
      .writes_to("weir-out/transfer")
      .shares({Shared::out, Shared::seed, Shared::device, Shared::threads, Shared::dry_run})
      .runs([words](Session& session) { return run_transfer(*words, session); });
}

}  // namespace weir
