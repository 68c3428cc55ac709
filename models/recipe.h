/// How a network is trained, as a file that people read and change: models/recipes/*.json.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "data/augment.h"
#include "models/architecture.h"
#include "optim/optimiser.h"
#include "optim/schedules.h"

namespace weir {

/// as_model: what the architecture says. fold: batch norm before every activation while training, and then
/// folded into the convolutions, so that the trained network has none.
enum class NormUse { as_model, fold };

/// he: by fan-in. lsuv: orthonormal, then scaled layer by layer until pre-activations have unit variance
/// (Mishkin & Matas 2016). given: the network comes with weights.
enum class Initialisation { he, lsuv, given };

/// How a network is trained at a temperature T other than 1. naive: as it is, its logits divided by T in the
/// loss. reparametrised: its logits are T times those of the trained head, so that the loss is that of T = 1
/// and gradients keep their size; the head is multiplied with T at the end. The functions are the same.
enum class Head { naive, reparametrised };

enum class OptimiserKind { sgd, adam, adamw };
enum class ScheduleKind { one_cycle, step, cosine };

/// Every field is a key of the file, flat and by the same name.
struct Recipe {
  std::string name;
  std::string model = "good-init";
  std::uint64_t seed = 2018;
  Index epochs = 12;
  Index batch = 128;
  Index holdout = 0;  // training images set apart, drawn by seed: measured after every epoch, for tuning

  Initialisation initialisation = Initialisation::he;
  NormUse norm = NormUse::as_model;
  double norm_momentum = 0.9;  // what running statistics keep of themselves at each step
  /// Training images on which they are estimated afresh at the end; 0: kept as they are.
  Index norm_images = 10000;
  /// bf16: feature maps are stored in bfloat16 while training; weights, their gradients and what is saved
  /// stay float32. Twice to four times as fast on a CPU with matrix units (AMX), slower on one without
  /// AVX512_BF16.
  DType feature_maps = DType::f32;
  Numerics numerics = Numerics::exact;  // fast: Winograd where it is faster
  std::vector<double> dropout;          // one rate for each dropout layer; empty: what the architecture says
  double temperature = 1;               // of the softmax: distillation
  Head head = Head::naive;              // how it is trained at a temperature

  ScheduleKind schedule = ScheduleKind::one_cycle;
  double peak_rate = 0.1;
  double warm_up = 0.2;                     // the part of all steps that climbs; `step` has no climb
  double start_fraction = 0.1;              // of the peak
  double end_fraction = 0.01;               // of the peak
  std::vector<double> drops = {0.5, 0.75};  // `step` only: at these parts of all steps ...
  double drop_factor = 0.1;                 // ... the rate is multiplied with this

  OptimiserKind optimiser = OptimiserKind::sgd;
  double momentum = 0.9;  // of sgd
  double beta1 = 0.9;     // of adam and adamw, as are the next two
  double beta2 = 0.999;
  double epsilon = 1e-8;
  double weight_decay = 5e-4;
  double clip_norm = 0;      // 0: gradients are not clipped
  double max_norm = 0;       // 0: the weights of an output unit may grow without bound
  double ema_decay = 0.999;  // 0: the last step's weights are the result

  Flip flip = Flip::alternating;
  Index crop = 4;  // pixels of reflected border; 0: images stay where they are

  Schedule rates() const;
  /// What divides the logits of the network in training.
  double loss_temperature() const { return head == Head::naive ? temperature : 1; }
  /// What multiplies them at the end.
  double head_factor() const { return head == Head::naive ? 1 : temperature; }
};

/// The optimiser that the recipe asks for; the parameters must outlive it.
std::unique_ptr<Optimiser> make_optimiser(const Recipe& recipe, std::vector<Parameter*> parameters);

/// The key `like` names another recipe, as read_recipe() takes it or relative to this one's file; this one
/// then says only what differs. `source` names the text in messages, and is its path where it has one. Throws
/// Error (usage): E0210 unknown key, E0211 not JSON, E0213 a value of the wrong type or out of range, E0218
/// recipes that are like one another in a circle; each with the line.
Recipe recipe_from_json(std::string_view text, const std::string& source);

/// One of models/recipes by name, or the path of a file (recognised by its ending .json). Throws Error
/// (usage) E0214 that lists the names.
Recipe read_recipe(const std::string& name_or_path);
std::vector<std::string> recipe_names();

/// The fields in a fixed order, without comments: equal recipes give equal text. Keys that are
/// younger than the first weights are left out at their defaults, so that older fingerprints keep their
/// meaning.
std::string to_json(const Recipe& recipe);
/// XXH3-128 of that text.
std::string fingerprint(const Recipe& recipe);
/// "`peak_rate` 0.1 there, 0.05 here" for the first field in which two canonical texts differ; empty when
/// they are equal.
std::string first_difference(const std::string& there, const std::string& here);

}  // namespace weir
