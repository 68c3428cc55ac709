#include "layers/evaluator.h"

#include <algorithm>
#include <optional>

#include "tensor/workers.h"

namespace weir {
namespace {

bool says_memory_is_full(const Diagnosis& diagnosis) {
  return diagnosis.code == "E0610" || diagnosis.code == "E0612";  // the host's, a GPU's
}

/// Moves [K * n, ...] of each piece to [K, N, ...]: cotangent by cotangent, each in piece order.
Tensor join_cotangents(const std::vector<Tensor>& pieces, Index cotangents, Index rows) {
  std::vector<Tensor> ordered;
  for (Index k = 0; k < cotangents; ++k)
    for (const Tensor& piece : pieces) {
      const Index n = piece.rows() / cotangents;
      ordered.push_back(piece.batch_slice(k * n, n));
    }
  const Tensor joined = concatenate(ordered);
  Shape shape{cotangents, rows};
  for (int axis = 1; axis < joined.shape().rank(); ++axis) shape.append(joined.shape()[axis]);
  return joined.in(Layout::plain).reshaped(shape);
}

}  // namespace

/// How a batch is cut: a function of its rows, never of the threads. An empty batch is one empty piece, so
/// that its answer has a shape.
struct Evaluator::Cut {
  Index rows_each, pieces;
};

Evaluator::Evaluator(const Module& module, Device& device, Numerics numerics)
    : module_(module), device_(device), numerics_(numerics), rows_each_(piece_rows_on(device)) {}

Evaluator::Cut Evaluator::cut_of(const Tensor& images, Mode mode, Numerics numerics, Index rows_each) const {
  expects(images.defined() && images.shape().rank() >= 2, "the evaluator wants a batch of images");
  constexpr Index smallest = 4;
  const Index rows = images.rows();
  Index each = rows_each;
  if (mode == Mode::evaluate && numerics == Numerics::fast && device_.executor() != Executor::cuda)
    while (each > smallest && rows <= each) each /= 2;
  return {each, std::max<Index>((rows + each - 1) / each, 1)};
}

template <class Ask>
auto Evaluator::within_memory(const Ask& ask) {
  const Index rows = rows_each_, half = rows / 2;
  try {
    return ask(rows);
  } catch (const Error& error) {
    if (!says_memory_is_full(error.diagnosis()) || rows < piece_rows_on(device_)) throw;
  }
  rows_each_ = half;
  device_.warn(
      {.kind = ErrorKind::resource,
       .code = "W0611",
       .message = fmt::format("memory is full with {} images at once, continuing with {}", rows, half),
       .note = "under `exact` numerics results stay the same, under `fast` their last bits may change"});
  return ask(half);
}

void Evaluator::visit(const Tensor& images, const TapeOptions& options,
                      const std::function<void(Piece&)>& visit) {
  visit_pieces(images, options, cut_of(images, options.mode, options.numerics, piece_rows_on(device_)),
               visit);
}

void Evaluator::visit_pieces(const Tensor& images, const TapeOptions& options, const Cut& cut,
                             const std::function<void(Piece&)>& visit) {
  place_layer_threads();
  const Tensor batch = images.to(device_);
  const Index rows = batch.rows();
  const Index pieces = cut.pieces;
  const bool has_workers = pieces > 1 || options.record == Record::for_all || options.mode == Mode::train;
  std::optional<Cohort> cohort;
  if (options.mode == Mode::train && pieces > 1) cohort.emplace(pieces);
  const auto run = [&](Index number) {
    const RowRange range{number * cut.rows_each, std::min(cut.rows_each, rows - number * cut.rows_each)};
    TapeOptions mine = options;
    if (!has_workers && device_.is_host()) mine.numerics = Numerics::exact;  // threads share a layer
    mine.place = {.first_row = options.place.first_row + range.first,
                  .piece = number,
                  .cohort = cohort ? &*cohort : nullptr};
    Tape tape(mine);
    const Tensor slice = batch.batch_slice(range.first, range.count);
    const Var x = options.mode == Mode::train ? tape.constant(slice) : tape.input(slice, "images");
    const Var y = module_(x);
    tape.expect_edits_matched();
    Piece piece{tape, x, y, range, number};
    visit(piece);
  };
  // A lone piece in evaluation may use all threads inside its layers: forward and input gradients of direct
  // convolutions keep their bits. Weight gradients do not, so training always runs on workers.
  if (cohort)
    cohort->run(run);
  else if (has_workers)
    run_pieces(pieces, run);
  else
    run(0);
  const std::lock_guard lock(count_mutex_);
  count_.forwards += rows;
}

Tensor Evaluator::logits(const Tensor& images) {
  return within_memory([&](Index rows_each) { return logits(images, rows_each); });
}

Answer Evaluator::query(const Tensor& images, const SeedRule& seeds, Index cotangents) {
  return within_memory([&](Index rows_each) { return query(images, seeds, cotangents, rows_each); });
}

Tensor Evaluator::logits(const Tensor& images, Index rows_each) {
  const Cut cut = cut_of(images, Mode::evaluate, numerics_, rows_each);
  std::vector<Tensor> answers(static_cast<std::size_t>(cut.pieces));
  const TapeOptions options{.mode = Mode::evaluate, .record = Record::nothing, .numerics = numerics_};
  visit_pieces(images, options, cut, [&](Piece& piece) {
    answers[static_cast<std::size_t>(piece.number)] = piece.output.value().in(Layout::plain);
  });
  return concatenate(answers);
}

Answer Evaluator::query(const Tensor& images, const SeedRule& seeds, Index cotangents, Index rows_each) {
  const Cut cut = cut_of(images, Mode::evaluate, numerics_, rows_each);
  std::vector<Tensor> logits(static_cast<std::size_t>(cut.pieces)), gradients(logits.size());
  const TapeOptions options{.mode = Mode::evaluate, .record = Record::for_input, .numerics = numerics_};
  visit_pieces(images, options, cut, [&](Piece& piece) {
    const auto number = static_cast<std::size_t>(piece.number);
    logits[number] = piece.output.value().in(Layout::plain);
    const Tensor dy = seeds(logits[number], piece.rows);
    expects(dy.rows() == cotangents * piece.rows.count,
            "a seed rule gave {} rows for {} images and {} cotangents", dy.rows(), piece.rows.count,
            cotangents);
    gradients[number] = piece.tape.backward(piece.output, dy)[piece.images];
  });
  count_backwards(cotangents * images.rows());
  return {concatenate(logits), join_cotangents(gradients, cotangents, images.rows())};
}

Index rows_that_fill(const Device& device) {
  return std::max(piece_rows_on(device), piece_rows * thread_budget());
}

QueryCount Evaluator::counted() const {
  const std::lock_guard lock(count_mutex_);
  return count_;
}

void Evaluator::count_backwards(Index images) {
  const std::lock_guard lock(count_mutex_);
  count_.backwards += images;
}

}  // namespace weir
