#include "models/trainer.h"

#include <algorithm>
#include <chrono>
#include <cmath>

#include "autograd/functions.h"
#include "models/weights.h"
#include "optim/gradient_norm.h"
#include "optim/max_norm.h"
#include "tensor/ops/pointwise.h"
#include "tensor/ops/softmax.h"

namespace weir {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::uint64_t mask_stream = 3;  // beside those of initialisation and augmentation

std::vector<Parameter*> parameters_of(Module& network) {
  std::vector<Parameter*> result;
  network.for_each_parameter([&](Parameter& value) { result.push_back(&value); });
  return result;
}

std::vector<Parameter*> buffers_of(Module& network) {
  std::vector<Parameter*> result;
  network.for_each_buffer([&](Parameter& value) { result.push_back(&value); });
  return result;
}

std::unique_ptr<MovingAverage> average_of(Module& network, double decay) {
  if (decay == 0) return nullptr;
  std::vector<const Parameter*> values;
  for (const Parameter* value : parameters_of(network)) values.push_back(value);
  for (const Parameter* value : buffers_of(network)) values.push_back(value);
  return std::make_unique<MovingAverage>(std::move(values), decay);
}

/// Rows whose largest logit is the label's; the lowest index wins ties, a row with NaN is wrong.
Index count_correct(const Tensor& logits, std::span<const std::int32_t> labels) {
  const std::vector<std::int32_t> answers = argmax_rows(logits);
  Index correct = 0;
  for (std::size_t row = 0; row < labels.size(); ++row) correct += answers[row] == labels[row] ? 1 : 0;
  return correct;
}

Tensor moved_towards(const Tensor& running, double momentum, const Tensor& value) {
  return add_scaled(momentum * running, 1 - momentum, value);
}

}  // namespace

/// What the pieces of a batch found, joined in piece order.
struct Trainer::BatchResult {
  Gradients gradients;
  std::vector<Statistic> statistics;
  double loss_sum = 0;
  Index correct = 0;
  Index images = 0;
};

Trainer::Trainer(Sequential& network, const TrainingData& data, const Recipe& recipe)
    : network_(network),
      recipe_(recipe),
      evaluator_(network, device_of(network)),
      batches_(data, recipe, evaluator_.device()),
      parameters_(parameters_of(network)),
      buffers_(buffers_of(network)),
      optimiser_(make_optimiser(recipe, parameters_)),
      average_(average_of(network, recipe.ema_decay)) {}

double Trainer::rate() const {
  return learning_rate(recipe_.rates(), std::min(completed_steps(), steps() - 1), steps());
}

void Trainer::step() {
  expects(!finished(), "the {} epochs of this training are over", recipe_.epochs);
  const auto start = Clock::now();
  const Batch batch = batches_.take(progress_.epoch, progress_.batch);
  BatchResult result = compute(batch);
  apply(result);
  note(result, std::chrono::duration<double>(Clock::now() - start).count());
}

Trainer::BatchResult Trainer::compute(const Batch& batch) {
  struct PieceResult {
    Gradients gradients;
    std::vector<Statistic> statistics;
    std::vector<float> losses;
    Index correct = 0;
  };
  const Index rows = batch.images.rows();
  std::vector<PieceResult> pieces(static_cast<std::size_t>(pieces_on(evaluator_.device(), rows)));
  const TapeOptions options{
      .mode = Mode::train,
      .record = Record::for_all,
      .numerics = recipe_.numerics,
      .feature_maps = recipe_.feature_maps,
      .rng =
          Rng{.seed = recipe_.seed}.split(mask_stream).split(static_cast<std::uint64_t>(completed_steps()))};
  evaluator_.visit(batch.images, options, [&](Piece& piece) {
    PieceResult& result = pieces[static_cast<std::size_t>(piece.number)];
    const Var losses = batch.losses(piece.output, piece.rows, recipe_.loss_temperature());
    const double mean_of_batch = 1 / static_cast<double>(rows);
    result.gradients = piece.tape.backward(
        losses, Tensor::filled(losses.shape(), mean_of_batch, losses.device(), losses.value().dtype()));
    result.losses = losses.value().to_host();
    result.correct = count_correct(piece.output.value(), batch.host_labels(piece.rows));
    const std::span<const Statistic> statistics = piece.tape.statistics();
    result.statistics.assign(statistics.begin(), statistics.end());
  });

  // Every piece reports the statistics of the whole batch, so the first piece's are enough.
  BatchResult sum{.gradients = std::move(pieces[0].gradients), .statistics = std::move(pieces[0].statistics)};
  for (std::size_t p = 0; p < pieces.size(); ++p) {
    if (p > 0) sum.gradients.add_parameters_of(pieces[p].gradients);
    for (const float loss : pieces[p].losses) sum.loss_sum += static_cast<double>(loss);
    sum.correct += pieces[p].correct;
  }
  sum.images = rows;
  return sum;
}

void Trainer::apply(BatchResult& result) {
  const GradientNorm norm = gradient_norm(parameters_, result.gradients);
  if (!std::isfinite(result.loss_sum) || !norm.first_bad.empty())
    fail({.kind = ErrorKind::numerical,
          .code = "E0501",
          .message = fmt::format("loss became {} at step {} (first bad tensor: {})",
                                 result.loss_sum / static_cast<double>(result.images), completed_steps(),
                                 norm.first_bad.empty() ? "the loss" : "grad of `" + norm.first_bad + "`"),
          .note = "no weight was changed by this step",
          .help = fmt::format("lower `peak_rate` ({} now), or bound the gradient with `clip_norm`",
                              recipe_.peak_rate)});
  optimiser_->step(result.gradients,
                   {.rate = rate(), .gradient_factor = clipping_factor(norm.norm, recipe_.clip_norm)});
  if (recipe_.max_norm > 0) limit_unit_norms(parameters_, recipe_.max_norm);
  update_statistics(result.statistics);
  if (average_) average_->update();
}

void Trainer::update_statistics(std::span<const Statistic> statistics) {
  for (const Statistic& statistic : statistics)
    for (Parameter* buffer : buffers_)
      if (buffer == statistic.buffer)
        buffer->value = moved_towards(buffer->value, recipe_.norm_momentum, statistic.value);
}

void Trainer::note(const BatchResult& result, double seconds) {
  progress_.loss_sum += result.loss_sum;
  progress_.correct += result.correct;
  progress_.images += result.images;
  progress_.seconds += seconds;
  if (++progress_.batch < steps_an_epoch()) return;
  last_epoch_ = progress_;
  last_epoch_.epoch = progress_.epoch + 1;
  progress_ = {.epoch = progress_.epoch + 1};
}

std::unique_ptr<Sequential> Trainer::result() const {
  std::unique_ptr<Module> copy = network_.clone();
  if (average_ && average_->updates() > 0) {
    std::size_t next = 0;
    const auto take = [&](Parameter& value) { value.value = average_->state()[next++].value; };
    copy->for_each_parameter(take);
    copy->for_each_buffer(take);
  }
  return std::unique_ptr<Sequential>(
      static_cast<Sequential*>(copy.release()));  // what a Sequential clones to
}

std::vector<std::pair<std::string, Parameter*>> Trainer::stored_values() {
  std::vector<std::pair<std::string, Parameter*>> values;
  for (Parameter* value : parameters_) values.emplace_back(value->name, value);
  for (Parameter* value : buffers_) values.emplace_back(value->name, value);
  for (Parameter& value : optimiser_->state()) values.emplace_back(value.name, &value);
  if (average_)
    for (Parameter& value : average_->state()) values.emplace_back("average/" + value.name, &value);
  return values;
}

}  // namespace weir
