#include "models/training_identity.h"

#include <algorithm>

#include "data/hash.h"
#include "models/architecture_json.h"

namespace weir {
namespace {

std::string hash_of(std::string_view text) { return xxh3_128_hex(std::as_bytes(std::span(text))); }

/// What a person calls it.
std::string_view words_for(std::string_view key) {
  if (key == "start") return "the weights that it starts from";
  if (key == "soft_labels") return "the soft labels";
  return "the training images";
}

}  // namespace

std::string fingerprint_of(const ImageSet& images) {
  return xxh3_128_hex(std::as_bytes(std::span(images.pixels))) +
         xxh3_128_hex(std::as_bytes(std::span(images.labels)));
}

std::string fingerprint_of(const Module& network) {
  return xxh3_128_hex(serialised_safetensors(file_of(network)));
}

TrainingIdentity::TrainingIdentity(const Recipe& recipe, const Architecture& form, const ImageSet& images,
                                   const Given& given)
    : recipe_(to_json(recipe)), layers_(to_json(form)) {
  given_["data"] = fingerprint_of(images);
  if (given.start != nullptr) given_["start"] = fingerprint_of(*given.start);
  if (!given.soft_labels.empty()) given_["soft_labels"] = xxh3_128_hex(std::as_bytes(given.soft_labels));
}

Metadata TrainingIdentity::origin() const {
  Metadata facts = {{"recipe_fingerprint", hash_of(recipe_)}, {"layers_fingerprint", hash_of(layers_)}};
  for (const auto& [key, fingerprint] : given_) facts[key + "_fingerprint"] = fingerprint;
  return facts;
}

bool TrainingIdentity::made(const Metadata& weights) const {
  return std::ranges::all_of(origin(), [&](const auto& fact) {
    const auto there = weights.find(fact.first);
    return there != weights.end() && there->second == fact.second;
  });
}

void TrainingIdentity::note_in(Metadata& checkpoint) const {
  checkpoint["architecture"] = layers_;
  for (const auto& [key, fingerprint] : given_) checkpoint[key] = fingerprint;
}

std::string TrainingIdentity::difference_from(Metadata checkpoint) const {
  if (std::string difference = first_difference(checkpoint["recipe"], recipe_); !difference.empty())
    return difference;
  if (checkpoint["architecture"] != layers_) return "the layers of the model";
  for (const std::string key : {"data", "start", "soft_labels"}) {
    const auto here = given_.find(key);
    if (checkpoint[key] != (here == given_.end() ? std::string() : here->second))
      return std::string(words_for(key));
  }
  return {};
}

}  // namespace weir
