/// What the lesson page tells, as numbers: a few images, each under several attacks, and a small network that
/// the page runs itself.
#pragma once

#include "models/weights.h"
#include "study/loss_plane.h"

namespace weir {

struct AttackStory {
  std::string attack;
  std::vector<Setting> settings = {};
  Trace trace;
  std::vector<Index> told = {};  // steps of the trace that the page shows
  LossPlane plane;               // its steps are those that are told
};

struct ImageStory {
  Index id = 0;  // in the official test set
  std::int32_t label = 0;
  std::vector<std::uint8_t> pixels;   // [3, 32, 32]
  std::vector<double> small_logits;   // of the small network, as Weir computes them
  std::vector<float> small_gradient;  // [3, 32, 32] of its cross-entropy
  std::vector<AttackStory> attacks;
};

struct LessonStory {
  std::string network;
  std::vector<ImageStory> images;
  const StoredNetwork* small = nullptr;
};

/// The steps of an attack that a page has room for.
inline constexpr Index most_told_steps = 8;

struct StoryOptions {
  Index images = 3;
  std::uint64_t seed = 2018;
};

/// The attacks of the page, by their names in the registry.
std::vector<std::string> told_attacks();

/// The first of the embedded test images that both networks get right and that even FGSM fools the network
/// with, no two of one class: an attack that fails has little to show. `small` must outlive the story. Throws
/// usage where there are not so many.
LessonStory tell_story(const StoredNetwork& network, const StoredNetwork& small, Device& device,
                       const StoryOptions& options = {}, const TraceProgress& progress = {});

}  // namespace weir
