/// Networks in safetensors files: from a file alone comes the network, its architecture and where it came
/// from.
#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <string>

#include "data/safetensors.h"
#include "models/architecture.h"

namespace weir {

using Metadata = std::map<std::string, std::string>;

std::vector<Index> extents_of(const Shape& shape);

/// Every parameter and every running statistic, under its own name.
SafetensorsFile file_of(const Module& network, StoredType type = StoredType::f32);

/// Fills the network. Throws Error of kind damaged: E0410 a tensor of another shape, E0433 one that the
/// network needs is missing, E0431 one that it does not have. `path` and `model` are for messages.
struct WeightsOrigin {
  std::filesystem::path path;
  std::string model;
};
void load_into(Module& network, const SafetensorsFile& file, const WeightsOrigin& origin);

/// Parameters and running statistics of one network into another of the same layers.
void copy_values(const Module& from, Module& to);
/// Where its parameters live.
Device& device_of(const Module& network);

struct StoredNetwork {
  Architecture architecture;
  std::unique_ptr<Sequential> network;
  Metadata metadata;
};

/// Metadata gains `model`, `widths`, `weir_version`, `bn_epsilon` where there is batch norm, and `layers`
/// where name and widths do not say everything.
void save_network(const std::filesystem::path& path, const StoredNetwork& stored,
                  StoredType type = StoredType::f32);

/// Throws as read_safetensors() and load_into(), and E0432 (damaged) where the metadata does not name a model
/// of ours. `model`, when given, is used instead of the metadata: a name or the path of a model.json.
StoredNetwork load_network(const std::filesystem::path& path, Device& device, const std::string& model = {});

}  // namespace weir
