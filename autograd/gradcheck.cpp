#include "autograd/gradcheck.h"

#include <algorithm>
#include <cmath>

namespace weir {
namespace {

using Vector = std::vector<double>;

/// One forward pass and what it decided. The tape lives as long as the value does.
struct Evaluation {
  Tape tape;
  std::vector<Var> inputs;
  Var output;

  Evaluation(const Function& f, std::span<const Tensor> values, const TapeOptions& options,
             Index differentiable)
      : tape(options) {
    for (std::size_t i = 0; i < values.size(); ++i)
      inputs.push_back(static_cast<Index>(i) < differentiable
                           ? tape.input(values[i], fmt::format("input {}", i))
                           : tape.constant(values[i]));
    output = f(inputs);
  }
};

Tensor random_cotangent(const Shape& shape, const Tensor& like, const Rng& rng) {
  return normal(shape, 0, 1, rng, like.device(), like.dtype());
}

double root_mean_square(const Vector& values) {
  double sum = 0;
  for (const double value : values) sum += value * value;
  return values.empty() ? 0 : std::sqrt(sum / static_cast<double>(values.size()));
}

/// Which elements of an input are checked: all, or a random choice with repetition.
std::vector<std::size_t> chosen_coordinates(std::size_t elements, Index wanted, const Rng& rng) {
  std::vector<std::size_t> chosen;
  const bool all = static_cast<Index>(elements) <= wanted;
  const std::size_t count = all ? elements : static_cast<std::size_t>(wanted);
  for (std::size_t k = 0; k < count; ++k) chosen.push_back(all ? k : random_below(rng, k, elements));
  return chosen;
}

class Checker {
 public:
  Checker(const Function& f, std::span<const Tensor> inputs, const GradcheckOptions& options)
      : f_(f), inputs_(inputs.begin(), inputs.end()), options_(options) {
    if (options_.tape.record < Record::for_input) options_.tape.record = Record::for_input;
  }

  GradcheckReport run() {
    const Evaluation centre(f_, inputs_, options_.tape, all_inputs());
    const Tensor dy = random_cotangent(centre.output.shape(), centre.output.value(), options_.rng.split(0));
    cotangent_ = dy.to_host_double();
    const Gradients gradients = centre.tape.backward(centre.output, dy);
    bool enough = true;
    for (std::size_t i = 0; i < inputs_.size(); ++i)
      enough = check_input(i, gradients[centre.inputs[i]].to_host_double()) && enough;
    enough = enough && report_.checked > 0;
    if (options_.cotangents > 1 && options_.batches > 0 && options_.tape.mode == Mode::evaluate)
      check_together();
    report_.passed = enough && report_.worst_error < options_.tolerance;
    return report_;
  }

 private:
  Index all_inputs() const { return static_cast<Index>(inputs_.size()); }

  /// False where too few of the input's elements could be checked: one that hides at a kink would else pass
  /// among others that do not.
  bool check_input(std::size_t i, const Vector& analytic) {
    const Vector x = inputs_[i].to_host_double();
    const Index checked = report_.checked, skipped = report_.skipped;
    const double floor = 1e-3 * root_mean_square(analytic);
    for (const std::size_t at : chosen_coordinates(x.size(), options_.coordinates, options_.rng.split(i + 1)))
      check_element(i, at, x, {analytic[at], floor});
    const auto hidden = static_cast<double>(report_.skipped - skipped);
    const auto seen = static_cast<double>(report_.checked - checked);
    return x.empty() || (seen > 0 && hidden <= options_.most_skipped * (hidden + seen));
  }

  struct Expected {
    double value, floor;
  };

  void check_element(std::size_t i, std::size_t at, const Vector& x, const Expected& analytic) {
    const auto near = [&](double kink) { return std::abs(x[at] - kink) <= 10 * options_.step; };
    const Secant fine = std::any_of(options_.kinks.begin(), options_.kinks.end(), near)
                            ? Secant{.crosses_kink = true}
                            : secant(i, at, x, options_.step);
    if (fine.crosses_kink) {
      ++report_.skipped;
      return;
    }
    const std::string place = fmt::format("input {}, element {}", i, at);
    if (error_of(analytic, fine.slope) < options_.tolerance) return judge(analytic, fine.slope, place);
    // eps * |f| / step = 2e-10 * |f| of the difference is rounding, more than a small gradient can bear. The
    // five-point formula allows a step that rounds a thousandfold less: its own error is of the step's fourth
    // power.
    const double step = 1000 * options_.step;
    const Secant nearer = secant(i, at, x, step), farther = secant(i, at, x, 2 * step);
    const double refined = (4 * nearer.slope - farther.slope) / 3;
    const bool smooth = !nearer.crosses_kink && !farther.crosses_kink;
    const bool closer = smooth && error_of(analytic, refined) < error_of(analytic, fine.slope);
    judge(analytic, closer ? refined : fine.slope, place);
  }

  struct Secant {
    double slope = 0;
    bool crosses_kink = false;
  };

  /// (<v, f(x + h)> - <v, f(x - h)>) / 2h along one element. Differences are taken output by output, so that
  /// the outputs that the element does not reach add no rounding.
  Secant secant(std::size_t i, std::size_t at, const Vector& x, double step) const {
    const double high = x[at] + step, low = x[at] - step;
    const Side above = moved(i, at, x, high), below = moved(i, at, x, low);
    double difference = 0;
    for (std::size_t k = 0; k < above.output.size(); ++k)
      difference += cotangent_[k] * (above.output[k] - below.output[k]);
    return {difference / (high - low), above.decided != below.decided};
  }

  struct Side {
    Vector output, decided;
  };

  Side moved(std::size_t i, std::size_t at, Vector x, double value) const {
    x[at] = value;
    std::vector<Tensor> inputs = inputs_;
    inputs[i] = Tensor::from_host(std::span<const double>(x), inputs_[i].shape(), inputs_[i].device());
    const Evaluation side(f_, inputs, options_.tape, all_inputs());
    return {side.output.value().to_host_double(),
            options_.decisions ? options_.decisions(side.tape) : Vector{}};
  }

  static double error_of(const Expected& analytic, double found) {
    const double gap = std::abs(analytic.value - found);
    const double scale = std::max({std::abs(analytic.value), std::abs(found), analytic.floor});
    const double error = gap == 0 ? 0 : gap / scale;
    return std::isfinite(error) ? error : INFINITY;
  }

  void judge(const Expected& analytic, double found, const std::string& place) {
    const double error = error_of(analytic, found);
    if (report_.checked++ > 0 && error <= report_.worst_error) return;
    report_.worst_error = error;
    report_.where = fmt::format("{}: analytic {:.17g}, found {:.17g}", place, analytic.value, found);
  }

  /// K cotangents in one pass must give what K passes give.
  void check_together() {
    const Index count = options_.cotangents;
    const Evaluation centre(f_, inputs_, options_.tape, options_.batches);
    std::vector<Tensor> single;
    for (Index k = 0; k < count; ++k)
      single.push_back(
          random_cotangent(centre.output.shape(), centre.output.value(), options_.rng.split(1000 + k)));
    const Gradients together = centre.tape.backward(centre.output, concatenate(single));
    for (Index k = 0; k < count; ++k) {
      const Gradients alone = centre.tape.backward(centre.output, single[static_cast<std::size_t>(k)]);
      for (std::size_t i = 0; i < static_cast<std::size_t>(options_.batches); ++i) {
        const Tensor& all = together[centre.inputs[i]];
        const Index rows = inputs_[i].rows();
        compare(alone[centre.inputs[i]].to_host_double(), all.batch_slice(k * rows, rows).to_host_double(),
                fmt::format("input {}, cotangent {} of {}", i, k, count));
      }
    }
  }

  void compare(const Vector& alone, const Vector& together, const std::string& place) {
    const double floor = 1e-3 * root_mean_square(alone);
    for (std::size_t k = 0; k < alone.size(); ++k)
      judge({alone[k], floor}, together[k], fmt::format("{}, element {}", place, k));
  }

  const Function& f_;
  std::vector<Tensor> inputs_;
  GradcheckOptions options_;
  Vector cotangent_;
  GradcheckReport report_;
};

}  // namespace

GradcheckReport gradcheck(const Function& f, std::span<const Tensor> inputs,
                          const GradcheckOptions& options) {
  expects(!inputs.empty(), "a gradient check wants at least one input");
  for (const Tensor& input : inputs)
    expects(input.dtype() == DType::f64, "a gradient check runs in f64, input {} holds {}",
            to_string(input.shape()), to_string(input.dtype()));
  return Checker(f, inputs, options).run();
}

}  // namespace weir
