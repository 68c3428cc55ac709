#include "study/model_card.h"

#include <nlohmann/json.hpp>
#include <sstream>

#include "attacks/summary.h"
#include "data/atomic_file.h"
#include "data/gzip.h"
#include "data/json_dump.h"
#include "data/read_file.h"
#include "data/wording.h"
#include "models/json_text.h"
#include "tensor/check.h"

namespace weir {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t first_lines = 3;

Json json_of(const std::vector<Fact>& facts) {
  Json json = Json::object();
  for (const Fact& fact : facts) json[fact.label] = fact.value;
  return json;
}

Json json_of(const Making& made) {
  return {{"command", made.command},
          {"commit", made.commit},
          {"version", made.version},
          {"recipe", made.recipe},
          {"seed", made.seed},
          {"epochs", made.epochs},
          {"seconds", made.seconds},
          {"finished", made.finished},
          {"device", made.device},
          {"library", made.vendor},
          {"numerics", made.numerics},
          {"threads", made.threads},
          {"machine", json_of(made.machine)},
          {"first_log_lines", made.first_log_lines}};
}

Making making_from(const Json& json) {
  Making made{.command = json.at("command"),
              .commit = json.at("commit"),
              .version = json.at("version"),
              .recipe = json.at("recipe"),
              .seed = json.at("seed"),
              .epochs = json.at("epochs"),
              .seconds = json.at("seconds"),
              .finished = json.at("finished"),
              .device = json.at("device"),
              .vendor = json.at("library"),
              .numerics = json.at("numerics"),
              .threads = json.at("threads"),
              .machine = {},
              .first_log_lines = json.at("first_log_lines")};
  for (const auto& fact : json.at("machine").items()) made.machine.push_back({fact.key(), fact.value()});
  return made;
}

Json json_of(const CardMeasurement& measured) {
  const Rate rate = rate_of(measured.test.correct, measured.test.count);
  Json embedded = Json::object();
  for (const auto& [device, count] : measured.embedded)
    embedded[device] = {{"images", count.images}, {"correct", count.correct}};
  return {{"xxh3_128", measured.xxh3_128},
          {"bytes", measured.bytes},
          {"stored_as", measured.stored_as},
          {"parameters", measured.parameters},
          {"device", measured.device},
          {"test",
           {{"images", measured.test.count},
            {"correct", measured.test.correct},
            {"accuracy", measured.test.accuracy()},
            {"accuracy_interval_95", {rate.low, rate.high}},
            {"loss", measured.test.loss},
            {"mean_confidence", measured.test.mean_confidence},
            {"calibration_error", measured.test.calibration_error}}},
          {"embedded", embedded}};
}

CardMeasurement measurement_from(const Json& json) {
  const Json& test = json.at("test");
  CardMeasurement measured{.xxh3_128 = json.at("xxh3_128"),
                           .bytes = json.at("bytes"),
                           .stored_as = json.at("stored_as"),
                           .parameters = json.at("parameters"),
                           .device = json.at("device"),
                           .test = {.count = test.at("images"),
                                    .correct = test.at("correct"),
                                    .loss = test.at("loss"),
                                    .mean_confidence = test.at("mean_confidence"),
                                    .calibration_error = test.at("calibration_error")},
                           .embedded = {}};
  for (const auto& device : json.at("embedded").items())
    measured.embedded[device.key()] = {.images = device.value().at("images"),
                                       .correct = device.value().at("correct")};
  return measured;
}

/// "| accuracy | 91.23 % |"
std::string row(std::string_view label, std::string_view text) {
  return fmt::format("| {} | {} |\n", label, text);
}

std::string measured_rows(const CardMeasurement& measured) {
  const Evaluation& test = measured.test;
  const Rate rate = rate_of(test.correct, test.count);
  std::string text =
      row("accuracy", fmt::format("{:.2f} % of {} test images (95 % interval {:.2f} to {:.2f} %), {}",
                                  100 * test.accuracy(), with_commas(test.count), 100 * rate.low,
                                  100 * rate.high, measured.device)) +
      row("loss, mean confidence, calibration error",
          fmt::format("{:.4f}, {:.2f} %, {:.2f} %", test.loss, 100 * test.mean_confidence,
                      100 * test.calibration_error));
  for (const auto& [device, count] : measured.embedded)
    text += row(fmt::format("on embedded test images, {}", device),
                fmt::format("{} of the first {}", count.correct, count.images));
  text += row("parameters", with_commas(measured.parameters));
  return text + row("file", fmt::format("{}, {} bytes, XXH3-128 `{}`", measured.stored_as,
                                        with_commas(measured.bytes), measured.xxh3_128));
}

std::string made_rows(const Making& made) {
  std::string text =
      row("recipe", fmt::format("{}, seed {}, {} epochs", made.recipe, made.seed, made.epochs)) +
      row("code", fmt::format("commit {}, version {}", made.commit, made.version)) +
      row("time", fmt::format("{:.0f} s of computing, finished {}", made.seconds, made.finished)) +
      row("device", fmt::format("{} ({}), {} numerics, {} threads", made.device, made.vendor, made.numerics,
                                made.threads));
  for (const Fact& fact : made.machine) text += row(fact.label, fact.value);
  return text;
}

std::string fenced(const std::string& text) { return "```\n" + text + "\n```\n"; }

}  // namespace

std::string to_json(const ModelCard& card) {
  Json json = {{"name", card.name}};
  if (card.made) json["made"] = json_of(*card.made);
  if (card.measured) json["measured"] = json_of(*card.measured);
  if (!card.notes.empty()) json["notes"] = card.notes;
  return dumped(json) + "\n";
}

ModelCard card_from_json(const std::string& text, const std::string& source) try {
  expect_json_of_a_hand(text, source);
  const Json json = Json::parse(text);
  ModelCard card{.name = json.at("name"), .made = {}, .measured = {}, .notes = json.value("notes", "")};
  if (json.contains("made")) card.made = making_from(json["made"]);
  if (json.contains("measured")) card.measured = measurement_from(json["measured"]);
  return card;
} catch (const Json::exception& error) {
  fail({.kind = ErrorKind::damaged,
        .code = "E0440",
        .message = fmt::format("{} is not the card of a file of weights", source),
        .note = error.what()});
}

std::string to_markdown(const ModelCard& card) {
  std::string text = fmt::format("# {}\n\n", card.name);
  if (!card.notes.empty()) text += card.notes + "\n\n";
  text += "| | |\n|---|---|\n";
  if (card.measured) text += measured_rows(*card.measured);
  if (card.made) {
    text += made_rows(*card.made) + "\nMade by\n\n" + fenced(card.made->command);
    text += "\nThe log begins\n\n" + fenced(fmt::format("{}", fmt::join(card.made->first_log_lines, "\n")));
  }
  if (card.measured)
    text += fmt::format("\nMeasured by `weir eval {} --data cifar --card`, of the file as it is stored.\n",
                        card.name);
  return text;
}

std::string name_of_weights(const std::filesystem::path& weights) {
  const std::filesystem::path name = without_gz(weights).filename();
  return name.extension() == ".safetensors" ? name.stem() : weights.filename();
}

std::filesystem::path card_path(const std::filesystem::path& weights) {
  return weights.parent_path() / (name_of_weights(weights) + ".card.json");
}

std::optional<ModelCard> card_of(const std::filesystem::path& weights) {
  const std::filesystem::path path = card_path(weights);
  if (!std::filesystem::exists(path)) return {};
  return card_from_json(read_text_file(path), path.string());
}

void write_card(const std::filesystem::path& weights, const ModelCard& card) {
  write_file_atomically(card_path(weights), to_json(card));
  write_file_atomically(card_path(weights).replace_extension(".md"), to_markdown(card));
}

void read_log(const std::filesystem::path& out, Making& made) {
  const std::filesystem::path path = out.string() + ".log.jsonl";
  if (!std::filesystem::exists(path)) return;
  made.epochs = 0;
  made.seconds = 0;
  made.first_log_lines.clear();
  std::istringstream text(read_text_file(path));
  for (std::string line; std::getline(text, line);) {
    const Json json = Json::parse(line, nullptr, false);
    if (!json.is_object()) continue;
    if (json.contains("epoch")) ++made.epochs;
    made.seconds += json.value("seconds", 0.0);
    if (made.first_log_lines.size() < first_lines) made.first_log_lines.push_back(line);
  }
}

}  // namespace weir
