/// The one place that cuts a batch into pieces, runs them on the workers and joins the answers. Attacks,
/// judge, flow and trainer use it; none of them sees a piece boundary in its results: under `exact` numerics
/// an image's logits and gradients have the same bits alone, in any batch, at any row, for any thread count.
/// Under `fast` the cut is finer for small batches, so that several cores share them, and a batch of up to 4
/// images is computed as under `exact`, with the threads inside its layers. When memory is full, logits() and
/// query() go on with pieces of half the rows.
#pragma once

#include <algorithm>
#include <atomic>
#include <functional>
#include <mutex>
#include <vector>

#include "layers/module.h"

namespace weir {

/// A piece is 32 images: its activations stay in one core's cache, and a constant cut gives constant bits.
constexpr Index piece_rows = 32;
/// A GPU computes whole batches at once, and is idle between small ones.
constexpr Index piece_rows_of_a_gpu = 512;

/// Rows of a piece on this device.
inline Index piece_rows_on(const Device& device) {
  return device.executor() == Executor::cuda ? piece_rows_of_a_gpu : piece_rows;
}
/// The cut of work whose results may depend on it in their last bits, under `fast`: it is the same for any
/// number of threads, and small enough that a signal loses little.
inline Index rows_at_a_time_on(const Device& device) {
  return std::max(4 * piece_rows, piece_rows_on(device));
}
/// The cut of work whose results do not: a piece for every thread, or a GPU's.
Index rows_that_fill(const Device& device);
/// Into how many pieces visit() cuts so many rows under `exact` numerics or in training.
inline Index pieces_on(const Device& device, Index rows) {
  return std::max<Index>((rows + piece_rows_on(device) - 1) / piece_rows_on(device), 1);
}

/// Rows [first, first + count) of the batch that was asked about.
struct RowRange {
  Index first = 0;
  Index count = 0;
};

/// Maps the logits [n, classes] of some rows to their K cotangents [K * n, classes]; cotangent k of row i is
/// row k * n + i. Called on worker threads, between forward and backward; must depend on nothing but its
/// arguments.
using SeedRule = std::function<Tensor(const Tensor& logits, RowRange rows)>;

struct Answer {
  Tensor logits;     // [N, classes]
  Tensor gradients;  // [K, N, C, H, W]
};

/// One piece while its tape is alive.
struct Piece {
  Tape& tape;
  Var images;
  Var output;
  RowRange rows;
  Index number;
};

/// Image-passes since construction, the unit in which attacks are compared.
struct QueryCount {
  Index forwards = 0;
  Index backwards = 0;
};

class Evaluator {
 public:
  /// The module must outlive the evaluator and not change while it computes. `numerics` is for logits() and
  /// query(); visit() has its own in the options.
  Evaluator(const Module& module, Device& device, Numerics numerics = Numerics::exact);

  /// images [N, C, H, W] -> [N, classes], plain. Where the device's memory is full, once in an evaluator's
  /// life its pieces become half as large, and the device warns (W0611); then Error (resource).
  Tensor logits(const Tensor& images);
  /// Logits, and for each image the gradients of <cotangent k, logits> with respect to its pixels. Memory as
  /// with logits(); `seeds` may then be asked twice.
  Answer query(const Tensor& images, const SeedRule& seeds, Index cotangents = 1);

  /// Runs the network over every piece and calls visit while the piece's tape lives. Mode and record come
  /// from options; in Mode::train the pieces form a cohort. visit runs on worker threads, for different
  /// pieces at once. Throws when one of the options' edits matches nothing.
  void visit(const Tensor& images, const TapeOptions& options, const std::function<void(Piece&)>& visit);

  const Module& module() const { return module_; }
  Device& device() const { return device_; }
  Numerics numerics() const { return numerics_; }
  QueryCount counted() const;
  void count_backwards(Index images);

 private:
  struct Cut;
  Cut cut_of(const Tensor& images, Mode mode, Numerics numerics, Index rows_each) const;
  void visit_pieces(const Tensor& images, const TapeOptions& options, const Cut& cut,
                    const std::function<void(Piece&)>& visit);
  Tensor logits(const Tensor& images, Index rows_each);
  Answer query(const Tensor& images, const SeedRule& seeds, Index cotangents, Index rows_each);
  /// ask(rows of a piece), and once more for smaller pieces when memory was full.
  template <class Ask>
  auto within_memory(const Ask& ask);

  const Module& module_;
  Device& device_;
  Numerics numerics_;
  std::atomic<Index> rows_each_;  // of a piece of logits() and query()
  mutable std::mutex count_mutex_;
  QueryCount count_;
};

}  // namespace weir
