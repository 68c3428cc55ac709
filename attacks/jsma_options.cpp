/// What a user can say to the attack, in words.
#include "attacks/jsma.h"

namespace weir {
namespace {

constexpr std::array<NamedValue<NoPair>, 2> no_pair_names = {
    {{"fail", NoPair::fail}, {"cleverhans", NoPair::cleverhans}}};
constexpr std::array<NamedValue<GammaOf>, 2> gamma_names = {
    {{"features", GammaOf::features}, {"pixels", GammaOf::pixels}}};
constexpr std::array<NamedValue<FeatureOrder>, 2> order_names = {
    {{"nchw", FeatureOrder::nchw}, {"nhwc", FeatureOrder::nhwc}}};

}  // namespace

void JsmaOptions::list(OptionVisitor& visit) {
  visit.signed_distance("theta", theta, "how far a feature moves, once");
  visit.real("gamma", gamma, "the share that may change", {.high = 1, .above_low = true});
  visit.choice("on", saliency.on, output_names, "the outputs whose slopes count");
  visit.choice("b", saliency.others, other_class_sums, "how the other classes' slopes are added up");
  visit.real("temperature", saliency.temperature, "of the probabilities; 40: the adaptive attack",
             more_than_zero);
  visit.choice("seed-scale", saliency.scale, seed_scales, "scaled: a gradient that cannot underflow");
  visit.choice("no-pair", no_pair, no_pair_names, "where no pair of features helps");
  visit.choice("gamma-of", gamma_of, gamma_names, "what gamma is a share of");
  visit.choice("order", order, order_names, "which of equal pairs is the first");
  visit.count("candidates", candidates, "likeliest wrong classes that race");

  const bool logits = saliency.on == Outputs::logits, scaled = saliency.scale == SeedScale::scaled;
  visit.expect_fit(!logits || saliency.temperature == 1, "temperature", "on", "logits have no temperature");
  visit.expect_fit(!logits || !scaled, "seed-scale", "on", "slopes of logits cannot underflow");
  visit.expect_fit(saliency.others == OtherClasses::analytic || !scaled, "seed-scale", "b",
                   "a sum of scaled rows would overflow");
}

}  // namespace weir
