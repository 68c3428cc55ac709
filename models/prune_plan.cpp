#include "models/prune_plan.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <optional>
#include <tuple>

namespace weir {
namespace {

std::vector<double> z_scores(const std::vector<double>& scores) {
  const auto count = static_cast<double>(scores.size());
  const double mean = std::accumulate(scores.begin(), scores.end(), 0.0) / count;
  double squares = 0;
  for (const double score : scores) squares += (score - mean) * (score - mean);
  const double deviation = std::sqrt(squares / count);
  std::vector<double> result;
  for (const double score : scores) result.push_back(deviation > 0 ? (score - mean) / deviation : 0);
  return result;
}

/// Units from the most to the least redundant; ties in their order.
std::vector<Index> in_order_of_leaving(const std::vector<double>& z) {
  std::vector<Index> order(z.size());
  std::iota(order.begin(), order.end(), Index{0});
  std::ranges::stable_sort(order, [&](Index a, Index b) {
    return z[static_cast<std::size_t>(a)] > z[static_cast<std::size_t>(b)];
  });
  return order;
}

/// How many units of a layer may go at all.
Index removable(Index first_width, const PruneLimits& limits) {
  const auto share = static_cast<Index>(limits.total_share * static_cast<double>(first_width));
  return std::max<Index>(std::min(share, first_width - limits.least_units), 0);
}

/// One layer while a round is planned.
struct LayerQueue {
  std::vector<double> z;
  std::vector<Index> order;  // of leaving
  Index gone = 0;
  Index most = 0;  // that may go in this round

  bool open() const { return gone < most; }
  /// What keeping the next unit is worth.
  double importance() const {
    return std::exp(-z[static_cast<std::size_t>(order[static_cast<std::size_t>(gone)])]);
  }
};

class RoundPlanner {
 public:
  explicit RoundPlanner(const PruneRound& round)
      : round_(round), widths_(widths(round.now)), parameters_(parameters_of(round.now)) {
    const std::vector<Index> first_widths = widths(round.original);
    expects(round.redundancy.size() == widths_.size() && first_widths.size() == widths_.size(),
            "scores of {} layers for {}", round.redundancy.size(), widths_.size());
    for (std::size_t i = 0; i < widths_.size(); ++i) {
      expects(static_cast<Index>(round.redundancy[i].size()) == widths_[i], "{} scores for {} units",
              round.redundancy[i].size(), widths_[i]);
      const std::vector<double> z = z_scores(round.redundancy[i]);
      const Index left = removable(first_widths[i], round.limits) - (first_widths[i] - widths_[i]);
      const auto of_round = static_cast<Index>(round.limits.round_share * static_cast<double>(widths_[i]));
      queues_.push_back({.z = z,
                         .order = in_order_of_leaving(z),
                         .gone = 0,
                         .most = std::clamp<Index>(left, 0, std::max<Index>(of_round, 1))});
    }
  }

  KeptUnits operator()() {
    while (parameters_ > round_.target) {
      const std::optional<std::size_t> layer = next_layer();
      if (!layer) break;
      parameters_ -= saved_by(*layer);
      --widths_[*layer];
      ++queues_[*layer].gone;
    }
    return kept();
  }

 private:
  Index saved_by(std::size_t layer) const {
    std::vector<Index> fewer = widths_;
    --fewer[layer];
    return parameters_ - parameters_of(with_widths(round_.now, fewer));
  }

  /// The layer whose next unit goes: of those that do not pass the target the least important by parameter,
  /// else the one that passes it by least.
  std::optional<std::size_t> next_layer() const {
    struct Candidate {
      std::size_t layer;
      bool passes, first_layer;
      double cost;
      auto rank() const { return std::tuple(passes, first_layer, cost, layer); }
    };
    std::optional<Candidate> best;
    for (std::size_t i = 0; i < queues_.size(); ++i) {
      if (!queues_[i].open()) continue;
      const auto saved = saved_by(i);
      const bool passes = parameters_ - saved < round_.target;
      const auto parameters = static_cast<double>(saved);
      const Candidate here{i, passes, i == 0, passes ? parameters : queues_[i].importance() / parameters};
      if (!best || here.rank() < best->rank()) best = here;
    }
    if (!best) return {};
    return best->layer;
  }

  KeptUnits kept() const {
    KeptUnits result;
    for (const LayerQueue& queue : queues_) {
      std::vector<Index> units(queue.order.begin() + queue.gone, queue.order.end());
      std::ranges::sort(units);
      result.push_back(std::move(units));
    }
    return result;
  }

  const PruneRound& round_;
  std::vector<Index> widths_;
  Index parameters_;
  std::vector<LayerQueue> queues_;
};

}  // namespace

Index parameters_of(const Architecture& architecture) { return totals(layer_table(architecture)).parameters; }

Index least_parameters(const Architecture& original, const PruneLimits& limits) {
  std::vector<Index> fewest = widths(original);
  for (Index& width : fewest) width -= removable(width, limits);
  return parameters_of(with_widths(original, fewest));
}

KeptUnits choose_units(const PruneRound& round) { return RoundPlanner(round)(); }

}  // namespace weir
