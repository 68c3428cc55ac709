/// By what a training is known again: two with the same identity end with the same bytes.
#pragma once

#include "data/cifar.h"
#include "models/recipe.h"
#include "models/weights.h"

namespace weir {

/// XXH3-128 of pixels and labels.
std::string fingerprint_of(const ImageSet& images);
/// XXH3-128 of names, shapes and values.
std::string fingerprint_of(const Module& network);

class TrainingIdentity {
 public:
  /// What a training may start from besides its images; nothing where it does not.
  struct Given {
    const Module* start = nullptr;
    std::span<const float> soft_labels = {};
  };

  TrainingIdentity(const Recipe& recipe, const Architecture& form, const ImageSet& images,
                   const Given& given);

  /// For the metadata of the weights that come out.
  Metadata origin() const;
  /// True when all of origin() is in the metadata.
  bool made(const Metadata& weights) const;

  /// For a checkpoint's metadata, beside the recipe that the trainer notes.
  void note_in(Metadata& checkpoint) const;
  /// What a checkpoint was begun with that is different here; empty: nothing.
  std::string difference_from(Metadata checkpoint) const;

 private:
  std::string recipe_, layers_;
  Metadata given_;  // "data", and "start" and "soft_labels" where there are any: fingerprints
};

}  // namespace weir
