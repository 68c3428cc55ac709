/// The tape: what was computed, in order, with paths for names; walked backwards it gives gradients.
#pragma once

#include <functional>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "autograd/edit.h"
#include "autograd/gradients.h"
#include "autograd/var.h"
#include "tensor/random.h"
#include "tensor/workers.h"

namespace weir {

/// Belongs to the computation, never to the model: an attack cannot run batch norm in training mode by
/// accident.
enum class Mode { train, evaluate };

/// What a tape keeps. nothing: a value dies with its last Var. values: every value by path, for taps.
/// for_input: values, and what input gradients need. for_all: parameter gradients too.
enum class Record { nothing, values, for_input, for_all };

/// leaves: gradients of inputs and parameters only. everything: of every recorded value.
enum class Keep { leaves, everything };

struct Entry;
class Tape;

/// Where a pullback delivers. Accumulation happens here and nowhere else: kernels assign, add() adds.
class Cotangents {
 public:
  bool wants(int input) const;
  /// The first contribution is moved in; later ones are added in the order of the calls. Throws Error (usage)
  /// unless it has the input's shape, with K times its rows.
  void add(int input, Tensor contribution);

 private:
  friend class Tape;
  Cotangents(const Tape& tape, const Entry& of, std::vector<Tensor>& slots, Index count)
      : tape_(tape), of_(of), slots_(slots), count_(count) {}
  const Tape& tape_;
  const Entry& of_;  // whose pullback delivers
  std::vector<Tensor>& slots_;
  Index count_;  // K
};

/// dy has the value's shape, but K times as many rows when K cotangents flow at once; row i belongs to image
/// i % N.
using Pullback = std::function<void(const Tensor& dy, Cotangents& dx)>;

struct Entry {
  std::string path;  // "conv3/relu"
  std::string_view op;
  std::vector<int> inputs;
  Tensor value;
  Pullback pullback;
};

/// The place of a piece in its batch, for the two things that look beyond a piece: batch norm in training
/// (the statistics of the whole batch) and random masks (the same whatever the cut).
struct BatchPlace {
  Index first_row = 0;
  Index piece = 0;
  Cohort* cohort = nullptr;  // null: the piece is the batch
};

struct TapeOptions {
  Mode mode = Mode::evaluate;
  Record record = Record::for_all;
  Numerics numerics = Numerics::exact;
  /// bf16: convolutions, and what lies between them, work on bfloat16 feature maps; parameters, their
  /// gradients and everything behind the last map stay float32.
  DType feature_maps = DType::f32;
  /// false: pre-activations are entries of their own. All bits are equal either way, except that a vendor's
  /// fused ReLU may give 0 for NaN (tensor/ops/conv2d.h).
  bool fuse = true;
  Rng rng = {};  // for dropout; split per layer by path
  BatchPlace place = {};
  const std::vector<Edit>* edits = nullptr;  // must outlive the tape; null: nothing is edited
};

/// Running statistics that a training pass found for a buffer, applied by whoever trains.
struct Statistic {
  const Parameter* buffer;
  Tensor value;
};

class Tape {
 public:
  explicit Tape(TapeOptions options = {});
  explicit Tape(Mode mode, Record record = Record::for_all)
      : Tape(TapeOptions{.mode = mode, .record = record}) {}
  Tape(const Tape&) = delete;
  Tape& operator=(const Tape&) = delete;

  /// A value whose gradient is wanted.
  Var input(Tensor value, std::string name);
  Var constant(Tensor value);
  /// A trained value; its gradient is wanted under Record::for_all only.
  Var parameter(const Parameter& parameter);
  /// Records one op. The pullback captures tensors, never Vars, and computes only what `wants` asks.
  Var record(std::string_view op, std::initializer_list<Var> inputs, Tensor value, Pullback pullback);

  /// Prefixes the paths recorded while it lives.
  class Scope {
   public:
    Scope(Tape& tape, std::string_view name);
    ~Scope();
    Scope(const Scope&) = delete;
    Scope& operator=(const Scope&) = delete;

   private:
    Tape& tape_;
    std::size_t length_before_;
  };
  Scope scope(std::string_view name) { return Scope(*this, name); }

  /// dy = 1 for every element of y: the gradient of the sum.
  Gradients backward(const Var& y, Keep keep = Keep::leaves) const;
  /// dy has K * N rows where y has N; K > 1 throws when parameter gradients are wanted.
  Gradients backward(const Var& y, const Tensor& dy, Keep keep = Keep::leaves) const;
  /// Throws when an edit matched nothing so far: no path, or for a gradient none through which one will flow.
  /// To be asked when the forward pass is over; backward() and the evaluator do.
  void expect_edits_matched() const;

  /// Reading needs no hook: every recorded value is here by path, in order of computation.
  std::span<const Entry> entries() const { return entries_; }
  const Entry* find(std::string_view path) const;
  /// The last entry recorded inside the scope `name`, at any depth: what that layer gave. With `op`, the last
  /// of that op. Null where there is none.
  const Entry* last_in_scope(std::string_view name, std::string_view op = {}) const;

  Mode mode() const { return options_.mode; }
  const TapeOptions& options() const { return options_; }
  const std::string& path() const { return path_; }
  bool records_gradients() const { return options_.record >= Record::for_input; }
  bool wants(int index) const { return index >= 0 && wanted_[static_cast<std::size_t>(index)]; }

  /// How often this was asked before at the current path: what tells two random masks of one scope apart.
  int count_mask() { return masks_[path_]++; }

  void report_statistic(const Parameter& buffer, Tensor value) {
    statistics_.push_back({&buffer, std::move(value)});
  }
  std::span<const Statistic> statistics() const { return statistics_; }

 private:
  int append(Entry entry, bool wanted);
  std::string path_of(std::string_view op) const;
  Tensor edited(std::string_view path, Tensor value);
  void edit_gradient(std::string_view path, Tensor& gradient) const;

  TapeOptions options_;
  std::string path_;
  std::vector<Entry> entries_;
  std::vector<bool> wanted_;
  std::vector<std::pair<int, const Parameter*>> parameters_;
  std::unordered_map<const Parameter*, int> parameter_index_;
  std::vector<Statistic> statistics_;
  std::vector<bool> edit_matched_;  // one for each edit
  std::unordered_map<std::string, int> masks_;
};

inline bool Var::wants_gradient() const { return tape_ != nullptr && tape_->wants(index_); }

}  // namespace weir
