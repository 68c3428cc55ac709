// Q2: each attack on the original network, against normal images and against the same images before.
#include <algorithm>
#include <cmath>

#include "infoflow/compare.h"
#include "study/analysis.h"

namespace weir {
namespace {

constexpr std::uint32_t streams_of_an_attack = 10;

/// Mean over layers of |mean difference| / standard deviation of the differences.
double paired_effect(const Population& changed, const Population& clean, Side side) {
  const PairedDifference difference = paired_difference(changed, clean, side);
  double sum = 0;
  for (std::size_t k = 0; k < difference.mean.size(); ++k)
    sum += difference.deviation[k] > 0 ? std::abs(difference.mean[k]) / difference.deviation[k] : 0;
  return sum / static_cast<double>(difference.mean.size());
}

/// The area of the layer that separates best, whichever side is higher: a maximum, so above 0.5 also where
/// the two are of one kind.
double best_auc(const Population& changed, const Population& clean, Side side) {
  double best = 0.5;
  for (std::size_t k = 0; k < changed.curve(side).mean.size(); ++k) {
    std::vector<double> first, second;
    for (Index row = 0; row < changed.count(); ++row) first.push_back(changed.row(side, row)[k]);
    for (Index row = 0; row < clean.count(); ++row) second.push_back(clean.row(side, row)[k]);
    const double area = area_under_curve(first, second);
    best = std::max({best, area, 1 - area});
  }
  return best;
}

void compare(AttackDistance& one, const Analysis& analysis, std::uint32_t stream) {
  const CompareOptions options{.seed = analysis.experiment.seed,
                               .replicates = analysis.experiment.preset.replicates,
                               .stream = stream};
  const Population &normal = analysis.experiment.original().normal, &changed = one.adversarial.population;
  one.input = compare_paths(normal, changed, one.clean, Side::input, options);
  one.output = compare_paths(normal, changed, one.clean, Side::output, options);
  one.output_minus_input = output_minus_input(normal, changed, options);
  one.effect = {paired_effect(changed, one.clean, Side::input),
                paired_effect(changed, one.clean, Side::output)};
  one.best_auc = {best_auc(changed, one.clean, Side::input), best_auc(changed, one.clean, Side::output)};
}

AttackDistance distance_of(const Analysis& analysis, const AttackRun& run, std::uint32_t stream) {
  AttackDistance one{.run = &run};
  if (!run.there()) return one;
  one.adversarial = seed_group(run, "original", run.successes);
  if (!one.comparable()) return one;
  std::vector<Path> clean;
  for (const Index row : run.successes)
    clean.push_back(analysis.experiment.original().clean_paths[static_cast<std::size_t>(row)]);
  one.clean = population_of(run.reading.title + ", clean", "clean", std::move(clean));
  compare(one, analysis, stream);
  return one;
}

const AttackDistance* comparable(const Analysis& analysis, std::string_view attack) {
  for (const AttackDistance& one : analysis.distances)
    if (one.run->planned.attack == attack && one.comparable()) return &one;
  return nullptr;
}

/// Of OIP distances, in the paper's order of attacks; each holds what the one before does.
enum class Order { another, fgsm_smallest, the_papers };

Order order_of(const std::vector<double>& far) {
  if (std::ranges::is_sorted(far)) return Order::the_papers;
  return std::ranges::min_element(far) == far.begin() ? Order::fgsm_smallest : Order::another;
}

/// Q2b: how often images drawn anew give the paper's order of OIP distances.
void order_attacks(Analysis& analysis) {
  std::vector<const SeedGroup*> groups;
  for (const char* attack : {"fgsm", "cw", "deepfool", "igsm"}) {
    const AttackDistance* one = comparable(analysis, attack);
    if (one == nullptr) return;
    groups.push_back(&one->adversarial);
  }
  const Population& normal = analysis.experiment.original().normal;
  const SeedDraws draws{.images = analysis.experiment.attacked.count(),
                        .normal = normal.count(),
                        .options = analysis.resampling(stream_of_order)};
  const auto ordered = [&](const GroupRows& rows) {
    const std::vector<double> middle = resampled_path(normal, Side::output, rows.back());
    std::vector<double> far;
    for (std::size_t i = 0; i < groups.size(); ++i)
      far.push_back(distance(middle, resampled_path(groups[i]->population, Side::output, rows[i])));
    return static_cast<double>(order_of(far));
  };
  const std::vector<double> values = bootstrap_seeds(groups, draws, ordered);
  if (values.empty()) return;
  const auto share_from = [&](Order least) {
    const auto reached =
        std::ranges::count_if(values, [&](double value) { return value >= static_cast<double>(least); });
    return static_cast<double>(reached) / static_cast<double>(values.size());
  };
  analysis.order =
      OrderShares{.papers = share_from(Order::the_papers), .fgsm_smallest = share_from(Order::fgsm_smallest)};
}

}  // namespace

void analyse_distances(Analysis& analysis) {
  std::uint32_t stream = stream_of_attacks;
  for (const std::string& attack : analysis.experiment.preset.attacks) {
    analysis.distances.push_back(distance_of(analysis, analysis.experiment.run("original", attack), stream));
    stream += streams_of_an_attack;
  }
  order_attacks(analysis);
}

}  // namespace weir
