/// What an attack is. Every attack of this folder is one class with one screen of mathematics; what all of
/// them need - checks on the way in, picking the inputs worth attacking, verdicts on the way out - is done
/// here, once.
#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "attacks/ensemble.h"
#include "attacks/option_visitor.h"
#include "attacks/record.h"
#include "layers/evaluator.h"

namespace weir {

struct AttackTask {
  Tensor images;                       // [N, C, H, W], every pixel inside `pixels`
  Labels truth;                        // [N]
  std::optional<Labels> targets = {};  // [N]: the class the model shall say; without it, any but the truth
  Range pixels = {};                   // data units
  Rng rng = {};
  /// Name the rows in records and key their random numbers; empty: 0, 1, ..., N - 1.
  std::vector<Index> ids = {};
  /// Who gives the verdicts; null: the crafting evaluator's model, `exact`, and of an ensemble its first
  /// member.
  Evaluator* judge = nullptr;
  Fusion fusion = Fusion::probabilities;  // of an ensemble's losses
};

/// The inputs that an attack works on: those that the model classifies correctly, in the task's order, on the
/// crafting evaluator's device. Row i is row rows[i] of the task.
struct Victims {
  Tensor images;                      // [n, C, H, W], n > 0
  std::vector<double> clean_logits;   // [n, classes]
  std::vector<std::int32_t> labels;   // [n], the truth, which is also the model's answer
  std::vector<std::int32_t> targets;  // [n], or empty: untargeted
  std::vector<Index> rows;            // [n]
  std::vector<Rng> rngs;              // [n], each a function of the task's generator and the row's id only
  Range pixels = {};
  Index classes = 0;
  Fusion fusion = Fusion::probabilities;

  Index count() const { return static_cast<Index>(rows.size()); }
  bool targeted() const { return !targets.empty(); }
  std::span<const double> clean_logits_of(Index i) const;
  /// The wrong class that is `rank`-th likeliest for the clean image, from 0.
  std::int32_t wrong_class(Index i, Index rank) const;
  /// Whether the model's answer is what the attack wants; never for an answer that is no class.
  bool fooled_by(std::int32_t answer, Index i) const;
  /// Some of them, in this order; the same one may come several times.
  Victims chosen(std::span<const Index> which) const;
};

/// What crafting one row took, and why it ended should the judge find no success.
struct Effort {
  Index iterations = 0;      // steps taken
  Index first_success = -1;  // steps after which a query first showed success; -1: none did
  Index forwards = 0;
  Index backwards = 0;
  double zero_gradient_share = 0;  // at the first image asked about
  std::int32_t target = no_class;  // where the attack chose one itself, for all rows: the judge asks for it
  AttackStatus failure = AttackStatus::fail_budget;
  bool claims_success = false;  // the last query of this very image showed success
};

struct Crafted {
  Tensor images;                // [n, C, H, W], a row for each victim; the best attempt where none succeeded
  std::vector<Effort> efforts;  // [n]
};

struct FeaturePair {
  Index first = -1;
  Index second = -1;
};

/// One iteration as it happens, before the step is taken: the images that the network was asked about and its
/// answers. Row i belongs to row rows[i] of the task. Valid during the call.
struct AttackStep {
  Index number = 0;  // from 0
  std::span<const Index> rows;
  const Tensor& images;               // [n, C, H, W]
  const Tensor& gradient;             // [n, C, H, W] of the objective
  const Tensor& logits;               // [n, classes]; of an ensemble [n, members * classes]
  std::span<const double> objective;  // [n], what the attack climbs
  std::span<const FeaturePair> chosen = {};
  std::span<const std::int32_t> targets = {};  // [n], where several rows may be of one image
};

/// For traces, lessons and plots. Absent (the default) it costs nothing: what only it needs is not computed.
using AttackObserver = std::function<void(const AttackStep&)>;

/// Where the time went, in seconds and image passes.
struct Cost {
  double seconds = 0;
  Index forwards = 0;
  Index backwards = 0;

  Cost& operator+=(const Cost& other) {
    seconds += other.seconds;
    forwards += other.forwards;
    backwards += other.backwards;
    return *this;
  }
};

struct Outcome {
  Tensor images;  // [N, C, H, W] on the crafting evaluator's device; rows that were not attacked are returned
                  // unchanged
  std::vector<AttackRecord> records;  // [N]
  Cost crafting;                      // what a library's attack call would have taken
  Cost judging;                       // the clean answers and the verdicts
};

/// The ball around the original that an attack promises not to leave.
struct Ball {
  PixelNorm norm = PixelNorm::linf;
  double radius = 0;  // data units
};

class Attack {
 public:
  virtual ~Attack() = default;
  virtual std::string_view name() const = 0;
  /// Every option as text that make_attack reads back: for manifests.
  virtual std::vector<Setting> settings() const = 0;

  /// Whether it climbs a loss that several networks can share.
  virtual bool takes_ensembles() const { return false; }
  /// Whether it can be told which class the network shall see.
  virtual bool takes_targets() const { return true; }
  /// The ball that no result leaves, where the attack has one.
  std::optional<Ball> ball() const { return promise(); }

  /// Attacks the inputs that the model gets right. Under `exact` numerics a row's result depends on nothing
  /// but that row, its id and the options (`cw --abort batch` excepted); under `fast` the last bits of what
  /// is crafted may depend on the batch, those of a verdict never. Throws Error (usage) for shapes, labels or
  /// pixels that do not fit and for a network that ends in probabilities; E0226 for an ensemble, if the
  /// attack knows no fused loss; for targets, if it takes none.
  Outcome operator()(Evaluator& evaluator, const AttackTask& task, const AttackObserver& observer = {}) const;

 protected:
  Attack() = default;
  Attack(const Attack&) = default;
  Attack& operator=(const Attack&) = default;
  /// What another attack makes of these victims, for attacks that are made of attacks.
  static Crafted crafted_by(const Attack& other, Evaluator& evaluator, const Victims& victims,
                            const AttackObserver& observer) {
    return other.perturb(evaluator, victims, observer);
  }

 private:
  virtual Crafted perturb(Evaluator& evaluator, const Victims& victims,
                          const AttackObserver& observer) const = 0;
  virtual std::optional<Ball> promise() const { return std::nullopt; }
};

}  // namespace weir
