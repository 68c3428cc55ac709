/// One image under one attack, iteration by iteration: the picture, what the network said, which way the
/// attack looked, how the information flowed. Numbers only; trace_table.h and trace_page.h write them down.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "attacks/attack.h"
#include "infoflow/compare.h"

namespace weir {

/// One picture that the network was asked about, and its answer. 24 KB for an image of 32x32.
struct TraceStep {
  std::vector<float> image;          // [C, H, W], data units
  std::vector<float> gradient = {};  // [C, H, W] of the objective; empty where none was asked for or it was
                                     // not finite
  std::optional<double> objective = {};    // what the attack climbs
  FeaturePair chosen = {};                 // JSMA: the features that the next step changes
  std::vector<double> logits;              // [classes]
  Distortion moved = {};                   // from the original
  std::vector<double> iip = {}, oip = {};  // [layers], nats
  Distances drift = {};                    // of the two paths from those of the original
};

struct Trace {
  Index channels = 0;
  MapSize size = {};
  AttackRecord record = {};              // the judge's
  std::vector<LayerReport> layers = {};  // of the paths, at the original
  std::vector<TraceStep> steps = {};  // the original first, then each image asked about, the judged one last
  bool begins_elsewhere = false;      // steps[1] is where the attack began, say at random: no step led there
  const TraceStep& first() const { return steps.front(); }
  const TraceStep& last() const { return steps.back(); }
  /// How many steps of the attack led to steps[step]; -1 for the original of one that began elsewhere.
  Index taken(Index step) const { return begins_elsewhere ? step - 1 : step; }
  /// The first step whose answer is what the attack wants.
  std::optional<Index> first_fooled() const;
};

/// Called while the paths are measured: done of total steps.
using TraceProgress = std::function<void(Index done, Index total)>;

/// Attacks the one image of the task, float32, and measures the information paths of every iterate. Images
/// whose logits are not finite are left out, be it the judged one. An attack that races several targets is
/// told as the run towards the winner. Throws what the attack and information_paths throw, and usage unless
/// the task holds one image that the network gets right.
Trace trace_attack(const Attack& attack, Evaluator& evaluator, const AttackTask& task,
                   const TraceProgress& progress = {});

/// At most `most` (4 or more) steps that tell the story: the first, the last, the two around the first
/// success, the others evenly between. Ascending.
std::vector<Index> telling_steps(const Trace& trace, Index most);

}  // namespace weir
