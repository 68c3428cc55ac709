/// Threads that run the pieces of a batch. A worker computes alone: OpenMP and vendor libraries see one
/// thread in it, so a piece's bits depend on nothing but the piece.
#pragma once

#include <functional>
#include <span>
#include <vector>

#include "tensor/types.h"

namespace weir {

/// The program's thread budget (`--threads`). Default: OpenMP's places where OMP_PROC_BIND or OMP_PLACES asks
/// for some, else the CPUs in the process mask.
int thread_budget();
/// Throws Error (usage) unless 1 <= threads <= 1024. Call before the first computation.
void set_thread_budget(int threads);

/// How many threads a loop that begins on the calling thread may have: 1 on a worker, which computes alone,
/// and in a parallel region of OpenMP.
int threads_here();

/// Call before computing on the calling thread with several threads inside a layer: gives each of OpenMP's
/// helpers a core of its own, once. The caller itself stays free to move, so that threads which it starts do
/// not inherit one core.
void place_layer_threads();

/// Runs body(piece) for every piece on up to thread_budget() threads; returns when all are done; rethrows the
/// exception of the lowest piece that threw. Called by a piece, it runs its own pieces one after the other on
/// that piece's thread.
void run_pieces(Index pieces, const std::function<void(Index piece)>& body);

/// Pieces that must meet in the middle: batch norm in training needs the statistics of the whole batch. Every
/// piece has a thread of its own, but only thread_budget() of them compute at a time.
class Cohort {
 public:
  explicit Cohort(Index pieces);
  ~Cohort();
  Cohort(const Cohort&) = delete;
  Cohort& operator=(const Cohort&) = delete;

  Index pieces() const;
  /// Blocks until every piece has called it the same number of times; gives the values of all pieces, in
  /// piece order. Throws in all pieces when one of them has failed, or has returned while another waits.
  std::vector<std::vector<double>> all_gather(Index piece, std::span<const double> values);
  /// body(piece) for every piece, once in a cohort's life; rethrows the first cause. Throws Error (usage)
  /// when called by a piece.
  void run(const std::function<void(Index piece)>& body);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace weir
