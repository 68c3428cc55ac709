/// The paper's figures, from an analysis.
#pragma once

#include <vector>

#include "study/analysis.h"
#include "study/figure.h"
#include "study/image_grid.h"
#include "study/network_diagram.h"

namespace weir {

/// How many times as strong as it is a perturbation is shown.
inline constexpr float difference_gain = 20.0f;

/// Figure 1: images that every attack fooled, each row an attack, then what the attacks added. Empty when
/// there are none.
ImageGrid figure_of_images(const Analysis& analysis);

/// Figure 3 as pictures: one image on its way through JSMA, and what was added so far. Empty without
/// trajectories.
ImageGrid figure_of_trajectory_images(const Analysis& analysis);
/// Figure 3 as curves: that image's paths from first (dark) to last (light), and how far they have come.
Figure figure_of_trajectory(const Analysis& analysis);

/// Figure 4: aggregated paths of normal and adversarial inputs on the original, with 95 % bands, and their
/// difference from the same images before the attack.
Figure figure_of_attacks(const Analysis& analysis);

/// Figures 5 (JSMA), 8 (FGSM) and 9 (C&W): on the original and on the compressed network, inputs made for it
/// and for the other.
Figure figure_of_pair(const Analysis& analysis, int number, const std::string& attack);

/// Figure 6: regular and adaptive JSMA on the distilled network.
Figure figure_of_defence(const Analysis& analysis);

/// Figures 7 (JSMA), 10 (FGSM) and 11 (C&W): on three networks, inputs made for each; in 7 also the
/// transferable ones apart.
Figure figure_of_targets(const Analysis& analysis, int number, const std::string& attack);

/// All that are drawn as curves, in their order.
std::vector<Figure> all_figures(const Analysis& analysis);

// What the figures' files share.

/// The three panels IIP, OIP and IOC of some populations on one network.
struct ShownPopulation {
  const Population* population = nullptr;
  std::string name;
  std::string colour;
  Dash dash = Dash::solid;
};
std::vector<Panel> path_panels(const std::vector<ShownPopulation>& shown, const std::string& measured_on,
                               const std::string& title_of_network);

}  // namespace weir
