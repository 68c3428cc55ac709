/// What a user can say to the attack, in words.
#include <cmath>
#include <fmt/format.h>

#include "attacks/jsma.h"

namespace weir {
namespace {

constexpr std::array<NamedValue<NoPair>, 2> no_pair_names = {
    {{"fail", NoPair::fail}, {"cleverhans", NoPair::cleverhans}}};
constexpr std::array<NamedValue<GammaOf>, 2> gamma_names = {
    {{"features", GammaOf::features}, {"pixels", GammaOf::pixels}}};
constexpr std::array<NamedValue<FeatureOrder>, 2> order_names = {
    {{"nchw", FeatureOrder::nchw}, {"nhwc", FeatureOrder::nhwc}}};

/// The constructor's terms between two options, in the words of whoever typed them.
void expect_fit(const OptionReader& options, const SaliencyOptions& saliency) {
  const bool logits = saliency.on == Outputs::logits, scaled = saliency.scale == SeedScale::scaled;
  options.expect_fit(!logits || saliency.temperature == 1, "temperature", "on", "logits have no temperature");
  options.expect_fit(!logits || !scaled, "seed-scale", "on", "slopes of logits cannot underflow");
  options.expect_fit(saliency.others == OtherClasses::analytic || !scaled, "seed-scale", "b",
                     "a sum of scaled rows would overflow");
}

}  // namespace

Jsma::Jsma(const JsmaOptions& options) : options_(options) {
  const SaliencyOptions& saliency = options.saliency;
  const bool of_probabilities = saliency.on == Outputs::probabilities;
  expects(options.theta != 0 && std::isfinite(options.theta), "theta must not be 0, found {}", options.theta);
  expects(options.gamma > 0 && options.gamma <= 1, "gamma must be above 0 and at most 1, found {}",
          options.gamma);
  expects(saliency.temperature > 0 && std::isfinite(saliency.temperature),
          "temperature must be above 0, found {}", saliency.temperature);
  expects(of_probabilities || saliency.temperature == 1, "logits have no temperature, found {}",
          saliency.temperature);
  expects(saliency.scale == SeedScale::faithful ||
              (of_probabilities && saliency.others == OtherClasses::analytic),
          "scaled seeds are of analytic probabilities: logits need none, sums of rows would overflow");
}

std::unique_ptr<Attack> Jsma::make(OptionReader& options) {
  const JsmaOptions defaults;
  const SaliencyOptions& saliency = defaults.saliency;
  const JsmaOptions read{
      .theta = options.signed_distance("theta", defaults.theta, "how far a feature moves, once"),
      .gamma =
          options.real("gamma", defaults.gamma, "the share that may change", {.high = 1, .above_low = true}),
      .saliency = {.on = options.choice("on", saliency.on, output_names, "the outputs whose slopes count"),
                   .others = options.choice("b", saliency.others, other_class_sums,
                                            "how the other classes' slopes are added up"),
                   .temperature =
                       options.real("temperature", saliency.temperature,
                                    "of the probabilities; 40: the adaptive attack", more_than_zero),
                   .scale = options.choice("seed-scale", saliency.scale, seed_scales,
                                           "scaled: a gradient that cannot underflow")},
      .no_pair =
          options.choice("no-pair", defaults.no_pair, no_pair_names, "where no pair of features helps"),
      .gamma_of = options.choice("gamma-of", defaults.gamma_of, gamma_names, "what gamma is a share of"),
      .order = options.choice("order", defaults.order, order_names, "which of equal pairs is the first"),
      .candidates = options.count("candidates", defaults.candidates, "likeliest wrong classes that race"),
  };
  expect_fit(options, read.saliency);
  return std::make_unique<Jsma>(read);
}

std::vector<Setting> Jsma::settings() const {
  const SaliencyOptions& saliency = options_.saliency;
  return {{"theta", fmt::format("{}", options_.theta)},
          {"gamma", fmt::format("{}", options_.gamma)},
          {"on", std::string(name_of(output_names, saliency.on))},
          {"b", std::string(name_of(other_class_sums, saliency.others))},
          {"temperature", fmt::format("{}", saliency.temperature)},
          {"seed-scale", std::string(name_of(seed_scales, saliency.scale))},
          {"no-pair", std::string(name_of(no_pair_names, options_.no_pair))},
          {"gamma-of", std::string(name_of(gamma_names, options_.gamma_of))},
          {"order", std::string(name_of(order_names, options_.order))},
          {"candidates", fmt::format("{}", options_.candidates)}};
}

}  // namespace weir
