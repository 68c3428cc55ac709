#include "apps/benchmark/network_works.h"

#include <cmath>
#include <limits>

#include "apps/benchmark/training_step.h"
#include "attacks/registry.h"
#include "infoflow/tracer.h"
#include "tensor/ops/softmax.h"

namespace weir {
namespace {

/// What works in evaluation keep while they are timed.
struct Setup {
  std::unique_ptr<Sequential> network;
  Evaluator evaluator;
  Tensor images;

  explicit Setup(const NetworkSetting& s)
      : network(s.network.on(s.device)),
        evaluator(*network, s.device, s.numerics),
        images(noise_images(s.batch, s.device)) {}
};

/// `passes`: in forward passes of one image.
double batch_operations(const NetworkSetting& s, double passes) {
  return static_cast<double>(s.batch) * passes * s.network.operations();
}

/// A GPU's tensor cores round operands to TF32, to 2^-11 instead of 2^-24 of themselves.
bool rounds_to_tf32(const NetworkSetting& s) {
  return s.device.executor() == Executor::cuda && s.numerics == Numerics::fast;
}

double allowed(const NetworkSetting& s, double tolerance) {
  return rounds_to_tf32(s) ? 0x1p13 * tolerance : tolerance;
}

/// A ReLU that rounding takes to the other side switches a whole path, and a few in ten thousand are. What is
/// computed wrongly is off by about 1.
double allowed_of_gradients(const NetworkSetting& s) { return rounds_to_tf32(s) ? 0.3 : gradient_tolerance; }

/// NaN is not right, either.
void note(PreparedWork& work, const Deviation& found, double tolerance) {
  work.deviation = found;
  work.right = found.distance <= tolerance;
}

PreparedWork forward(const NetworkSetting& s) {
  const auto setup = std::make_shared<Setup>(s);
  PreparedWork work{.run = [setup] { setup->evaluator.logits(setup->images); },
                    .operations = batch_operations(s, 1)};
  if (s.oracle)
    note(work, s.oracle->of_logits(setup->evaluator.logits(setup->images)),
         allowed(s, s.oracle->logit_tolerance()));
  return work;
}

PreparedWork input_gradient(const NetworkSetting& s) {
  const auto setup = std::make_shared<Setup>(s);
  const SeedRule seeds = loss_seeds(s.device, s.batch);
  const auto query = [setup, seeds] { return setup->evaluator.query(setup->images, seeds).gradients; };
  PreparedWork work{.run = query, .operations = batch_operations(s, 2)};
  if (s.oracle) note(work, s.oracle->of_loss_gradients(query()), allowed_of_gradients(s));
  return work;
}

PreparedWork class_gradients(const NetworkSetting& s) {
  const auto setup = std::make_shared<Setup>(s);
  const auto query = [setup] {
    return setup->evaluator.query(setup->images, class_seeds(), study_classes).gradients;
  };
  PreparedWork work{.run = query, .operations = batch_operations(s, 1 + study_classes)};
  if (s.oracle) note(work, s.oracle->of_class_gradients(query()), allowed_of_gradients(s));
  return work;
}

/// The gradients of a few images are compared; that the timed batch lowers its loss is seen besides. With
/// maps in bfloat16 only that is judged: batch norm of noise divides by small differences of large values,
/// and what 8 bits leave of those points anywhere.
PreparedWork training_step(const NetworkSetting& s, DType maps) {
  const auto step = std::make_shared<TrainingStep>(
      s.network, s.device,
      TrainingStepOptions{.batch = s.batch, .feature_maps = maps, .numerics = s.numerics});
  PreparedWork work{.run = [step] { step->run(1e-4); },
                    .operations = batch_operations(s, 3) -
                                  static_cast<double>(s.batch) * s.network.first_layer_operations()};
  if (!s.oracle) return work;
  TrainingStep few(s.network, s.device,
                   {.batch = NetworkOracle::training_images, .feature_maps = maps, .numerics = s.numerics});
  note(work, s.oracle->of_parameter_gradients(few.gradients()),
       maps == DType::bf16 ? std::numeric_limits<double>::infinity() : allowed_of_gradients(s));
  work.right = work.right && step->learns();
  return work;
}

/// Paths are exact whatever the numerics, and so is the forward pass that is taken off.
PreparedWork flow(NetworkSetting s) {
  s.numerics = Numerics::exact;
  const auto setup = std::make_shared<Setup>(s);
  const std::vector<Path> paths = information_paths(setup->evaluator, setup->images);
  bool right = static_cast<Index>(paths.size()) == s.batch;
  for (const Path& path : paths)
    for (const double value : path.iip) right = right && std::isfinite(value) && value >= 0;
  return {.run = [setup] { information_paths(setup->evaluator, setup->images); },
          .forward = [setup] { setup->evaluator.logits(setup->images); },
          .right = right};
}

/// Fewer steps than by default, where those would take minutes: a row's time is nearly all image-gradients.
OptionTexts steps_to_time(const std::string& name) {
  if (name == "pgd" || name == "apgd") return {{"iterations", "10"}};
  if (name == "battery") return {{"iterations", "4"}, {"target-classes", "1"}};
  if (name == "cw") return {{"binary-steps", "1"}, {"iterations", "20"}, {"abort", "never"}};
  return {};
}

/// Every image counts as classified correctly, so that all are attacked.
PreparedWork attack_by_name(const std::string& name, const NetworkSetting& s) {
  const auto setup = std::make_shared<Setup>(s);
  const std::shared_ptr<const Attack> attack = make_attack(name, steps_to_time(name));
  const std::vector<std::int32_t> answers = argmax_rows(setup->evaluator.logits(setup->images));
  const AttackTask task{.images = setup->images,
                        .truth = Labels::from_host(std::span<const std::int32_t>(answers), s.device)};
  bool right = true;
  for (const AttackRecord& record : (*attack)(setup->evaluator, task).records)
    right = right && record.status != AttackStatus::skipped_misclassified &&
            record.status != AttackStatus::fail_nan;
  return {.run = [setup, attack, task] { (*attack)(setup->evaluator, task); }, .right = right};
}

/// A run is over when the device has finished, not when it has been told what to do.
auto to_the_end(std::function<PreparedWork(const NetworkSetting&)> prepare) {
  return [prepare = std::move(prepare)](const NetworkSetting& s) {
    PreparedWork work = prepare(s);
    const auto waited = [&device = s.device](std::function<void()> run) {
      return [&device, run = std::move(run)] {
        run();
        device.synchronise();
      };
    };
    work.run = waited(std::move(work.run));
    if (work.forward) work.forward = waited(std::move(work.forward));
    return work;
  };
}

}  // namespace

std::vector<NetworkWork> network_works() {
  std::vector<NetworkWork> works = {
      {"forward", forward, false},
      {"input-gradient", input_gradient, false},
      {"10-class-gradients", class_gradients, false},
      {"training-step", [](const NetworkSetting& s) { return training_step(s, DType::f32); }, true},
      {"training-step-bf16", [](const NetworkSetting& s) { return training_step(s, DType::bf16); }, true},
      {"flow", flow, false}};
  for (const std::string& name : attack_names())
    works.push_back({name, [name](const NetworkSetting& s) { return attack_by_name(name, s); }, false});
  for (NetworkWork& work : works) work.prepare = to_the_end(work.prepare);
  return works;
}

}  // namespace weir
