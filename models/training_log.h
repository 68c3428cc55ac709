/// One line of JSON for each epoch, for plots and for people: FILE.log.jsonl, and until
/// the weights are finished FILE.checkpoints/log.jsonl.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "models/trainer.h"

namespace weir {

struct EpochReport {
  Index epoch = 0;  // from 1
  Index epochs = 0;
  double loss = 0;                          // mean over the epoch's images, as they were seen
  double train_accuracy = 0;                // likewise
  std::optional<double> held_out_accuracy;  // of the averaged weights, where training images are held out
  std::optional<double> test_accuracy;      // likewise, where none are; looked at, never chosen by
  double rate = 0;                          // at the epoch's end
  double seconds = 0;
  double images_per_second = 0;
};

std::string to_json(const EpochReport& report);

class TrainingLog {
 public:
  /// Keeps the lines of the first `epochs` epochs of an earlier run; a torn or later line is dropped.
  TrainingLog(std::filesystem::path path, Index epochs);
  /// The file is whole after every line: it is short, so it is written anew.
  void add(const EpochReport& report);

 private:
  std::filesystem::path path_;
  std::vector<std::string> lines_;
};

}  // namespace weir
