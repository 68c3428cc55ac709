#include "models/training_log.h"

#include <nlohmann/json.hpp>
#include <sstream>

#include "data/atomic_file.h"
#include "data/read_file.h"

namespace weir {

std::string to_json(const EpochReport& report) {
  nlohmann::ordered_json line = {{"epoch", report.epoch},
                                 {"epochs", report.epochs},
                                 {"loss", report.loss},
                                 {"train_accuracy", report.train_accuracy}};
  if (report.held_out_accuracy) line["held_out_accuracy"] = *report.held_out_accuracy;
  if (report.test_accuracy) line["test_accuracy"] = *report.test_accuracy;
  line["rate"] = report.rate;
  line["seconds"] = report.seconds;
  line["images_per_second"] = report.images_per_second;
  return line.dump();
}

TrainingLog::TrainingLog(std::filesystem::path path, Index epochs) : path_(std::move(path)) {
  if (epochs == 0 || !std::filesystem::exists(path_)) return;
  std::istringstream text(read_text_file(path_));
  for (std::string line; std::getline(text, line);) {
    const nlohmann::json json = nlohmann::json::parse(line, nullptr, false);
    if (!json.is_object() || !json.contains("epoch") || !json["epoch"].is_number_integer()) continue;
    if (json["epoch"].get<Index>() <= epochs) lines_.push_back(line);
  }
}

void TrainingLog::add(const EpochReport& report) {
  lines_.push_back(to_json(report));
  std::string text;
  for (const std::string& line : lines_) text += line + "\n";
  write_file_atomically(path_, text);
}

}  // namespace weir
