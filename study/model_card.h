/// The card of a file of weights: how it was made, and what was measured of the file as it lies there. JSON
/// for programs, Markdown for people: NAME.card.json and NAME.card.md beside NAME.safetensors.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "models/evaluate.h"
#include "study/page.h"

namespace weir {

/// Known when the training ends, and never again.
struct Making {
  std::string command;  // as it can be typed again
  std::string commit, version;
  std::string recipe;  // its name
  std::uint64_t seed = 0;
  Index epochs = 0;
  double seconds = 0;                    // of computing, from the log
  std::string finished;                  // UTC
  std::string device, vendor, numerics;  // vendor: whose kernels, in its own words
  int threads = 0;
  std::vector<Fact> machine;
  std::vector<std::string> first_log_lines;
};

struct EmbeddedCount {
  Index images = 0, correct = 0;
};

/// A function of the file and the images.
struct CardMeasurement {
  std::string xxh3_128;
  std::uint64_t bytes = 0;
  std::string stored_as;  // "F16"
  Index parameters = 0;   // running statistics included
  std::string device;     // that the test images were measured on
  Evaluation test;
  std::map<std::string, EmbeddedCount> embedded;  // of the first embedded test images, by device
};

struct ModelCard {
  std::string name;
  std::optional<Making> made;
  std::optional<CardMeasurement> measured;
  std::string notes;  // by hand, kept: Markdown
};

std::string to_json(const ModelCard& card);
/// `source` is for messages. Throws Error (damaged) E0440 where it is no card.
ModelCard card_from_json(const std::string& text, const std::string& source);
/// The same for people.
std::string to_markdown(const ModelCard& card);

/// NAME of a file NAME.safetensors or NAME.safetensors.gz; a name that ends otherwise, net-0.2, as it is.
std::string name_of_weights(const std::filesystem::path& weights);

/// NAME.card.json beside the weights.
std::filesystem::path card_path(const std::filesystem::path& weights);
/// The card beside the weights; nothing when there is none.
std::optional<ModelCard> card_of(const std::filesystem::path& weights);

/// Writes both files. Throws as write_file_atomically().
void write_card(const std::filesystem::path& weights, const ModelCard& card);

/// Epochs, seconds and the first lines of `out`.log.jsonl. Nothing where there is no log.
void read_log(const std::filesystem::path& out, Making& made);

}  // namespace weir
