#include "layers/evaluator.h"

#include <algorithm>
#include <optional>

namespace weir {
namespace {

/// An empty batch is one empty piece, so that its answer has a shape.
Index pieces_of(const Tensor& images) {
  return std::max<Index>((images.rows() + piece_rows - 1) / piece_rows, 1);
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

Evaluator::Evaluator(const Module& module, Device& device) : module_(module), device_(device) {}

void Evaluator::visit(const Tensor& images, const TapeOptions& options,
                      const std::function<void(Piece&)>& visit) {
  expects(images.defined() && images.shape().rank() >= 2, "the evaluator wants a batch of images");
  place_layer_threads();
  const Tensor batch = images.to(device_);
  const Index rows = batch.rows();
  const Index pieces = pieces_of(batch);
  std::optional<Cohort> cohort;
  if (options.mode == Mode::train && pieces > 1) cohort.emplace(pieces);
  const auto run = [&](Index number) {
    const RowRange range{number * piece_rows, std::min(piece_rows, rows - number * piece_rows)};
    TapeOptions mine = options;
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
  // A lone piece in evaluation may use all threads inside its layers: forward and input gradients keep their
  // bits. Weight gradients do not, so training always runs on workers.
  if (cohort) {
    cohort->run(run);
  } else if (pieces == 1 && options.record != Record::for_all) {
    run(0);
  } else {
    run_pieces(pieces, run);
  }
  const std::lock_guard lock(count_mutex_);
  count_.forwards += rows;
}

Tensor Evaluator::logits(const Tensor& images) {
  std::vector<Tensor> answers(static_cast<std::size_t>(pieces_of(images)));
  visit(images, {.mode = Mode::evaluate, .record = Record::nothing}, [&](Piece& piece) {
    answers[static_cast<std::size_t>(piece.number)] = piece.output.value().in(Layout::plain);
  });
  return concatenate(answers);
}

Answer Evaluator::query(const Tensor& images, const SeedRule& seeds, Index cotangents) {
  const auto pieces = static_cast<std::size_t>(pieces_of(images));
  std::vector<Tensor> logits(pieces), gradients(pieces);
  visit(images, {.mode = Mode::evaluate, .record = Record::for_input}, [&](Piece& piece) {
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

QueryCount Evaluator::counted() const {
  const std::lock_guard lock(count_mutex_);
  return count_;
}

void Evaluator::count_backwards(Index images) {
  const std::lock_guard lock(count_mutex_);
  count_.backwards += images;
}

}  // namespace weir
