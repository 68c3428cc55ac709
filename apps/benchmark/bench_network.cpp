#include "apps/benchmark/bench_network.h"

#include <filesystem>

#include "data/gzip.h"
#include "layers/init.h"
#include "models/architecture_json.h"
#include "models/weights.h"

namespace weir {
namespace {

std::vector<const Parameter*> values_of(const Module& network) {
  std::vector<const Parameter*> values;
  const auto note = [&](const Parameter& value) { values.push_back(&value); };
  network.for_each_parameter(note);
  network.for_each_buffer(note);
  return values;
}

std::unique_ptr<Sequential> random_weights(const Architecture& architecture) {
  Device& device = Device::fastest();
  auto network = build(architecture, device);
  initialise_lsuv(*network, uniform({64, 3, 32, 32}, {-1, 1}, Rng{2}, device), {}, Rng{3});
  return network;
}

}  // namespace

BenchNetwork::BenchNetwork(Architecture architecture)
    : name_(architecture.model),
      architecture_(std::move(architecture)),
      weights_(random_weights(architecture_)) {}

BenchNetwork::BenchNetwork(std::string name, Architecture architecture, std::unique_ptr<Sequential> weights)
    : name_(std::move(name)), architecture_(std::move(architecture)), weights_(std::move(weights)) {}

BenchNetwork BenchNetwork::named(const std::string& word) {
  const bool model = word.ends_with(".json");
  if (!model && (without_gz(word).extension() == ".safetensors" || std::filesystem::is_regular_file(word))) {
    StoredNetwork stored = load_network(word, Device::fastest());
    return {word, std::move(stored.architecture), std::move(stored.network)};
  }
  BenchNetwork network(architecture_from(word));
  if (model) network.name_ = word;
  return network;
}

double BenchNetwork::operations() const {
  return 2 * static_cast<double>(totals(layer_table(architecture_)).multiply_adds);
}

double BenchNetwork::first_layer_operations() const {
  for (const LayerRow& row : layer_table(architecture_))
    if (row.multiply_adds > 0) return 2 * static_cast<double>(row.multiply_adds);
  return 0;
}

std::unique_ptr<Sequential> BenchNetwork::on(Device& device, DType dtype) const {
  auto network = build(architecture_, device, dtype);
  const std::vector<const Parameter*> values = values_of(*weights_);
  std::size_t next = 0;
  const auto take = [&](Parameter& value) { value.value = values[next++]->value.to(device).as(dtype); };
  network->for_each_parameter(take);
  network->for_each_buffer(take);
  return network;
}

Tensor noise_images(Index count, Device& device, DType dtype) {
  return uniform({count, 3, 32, 32}, {-1, 1}, Rng{1}, Device::reference()).as(dtype).to(device);
}

Labels some_labels(Index count, Device& device) {
  std::vector<std::int32_t> classes(static_cast<std::size_t>(count));
  for (std::size_t i = 0; i < classes.size(); ++i) classes[i] = static_cast<std::int32_t>(i % 10);
  return Labels::from_host(std::span<const std::int32_t>(classes), device);
}

}  // namespace weir
