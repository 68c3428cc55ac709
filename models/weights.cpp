#include "models/weights.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "data/wording.h"
#include "generated/places.h"
#include "models/architecture_json.h"
#include "models/registry.h"

namespace weir {
namespace {

using Json = nlohmann::json;

std::string size_words(const std::vector<Index>& extents) {
  return fmt::format("{}", fmt::join(extents, "×"));
}

void for_each_value(Module& network, const std::function<void(Parameter&)>& use) {
  network.for_each_parameter(use);
  network.for_each_buffer(use);
}

bool fits(const SafetensorsFile& file, const Parameter& value) {
  const StoredTensor* tensor = file.find(value.name);
  return tensor != nullptr && tensor->shape == extents_of(value.value.shape());
}

/// The registered model whose unpruned weights these are; empty when there is none.
std::string lookalike(const SafetensorsFile& file) {
  for (const std::string_view name : model_names()) {
    const std::unique_ptr<Sequential> candidate = build(architecture_named(name), Device::reference());
    bool all_fit = true;
    for_each_value(*candidate, [&](Parameter& value) { all_fit = all_fit && fits(file, value); });
    if (all_fit) return std::string(name);
  }
  return {};
}

[[noreturn]] void fail_misfit(const SafetensorsFile& file, Module& network, const WeightsOrigin& origin,
                              const Parameter& culprit) {
  int fitting = 0;
  for_each_value(network, [&](Parameter& value) { fitting += fits(file, value) ? 1 : 0; });
  const StoredTensor* found = file.find(culprit.name);
  const std::string needed = size_words(extents_of(culprit.value.shape()));
  const std::string other = lookalike(file);
  fail({.kind = ErrorKind::damaged,
        .code = found != nullptr ? "E0410" : "E0433",
        .message = found != nullptr
                       ? fmt::format("tensor `{}` is {}, model `{}` needs {}", culprit.name,
                                     size_words(found->shape), origin.model, needed)
                       : fmt::format("tensor `{}` ({}), which model `{}` needs, is not in {}", culprit.name,
                                     needed, origin.model, origin.path.filename().string()),
        .note = fmt::format("{} other tensors fit", fitting),
        .help = other.empty() || other == origin.model
                    ? std::string()
                    : fmt::format("these look like weights of `{0}`; try `--model {0}`", other)});
}

void refuse_strangers(const SafetensorsFile& file, Module& network, const WeightsOrigin& origin) {
  std::set<std::string> known;
  for_each_value(network, [&](Parameter& value) { known.insert(value.name); });
  for (const StoredTensor& tensor : file.tensors) {
    if (known.contains(tensor.name)) continue;
    fail({.kind = ErrorKind::damaged,
          .code = "E0431",
          .message = fmt::format("{} holds a tensor {}, which model `{}` does not have",
                                 origin.path.filename().string(), printable(tensor.name), origin.model),
          .note = "a network that ignored it would not be the one that was saved",
          .help = {}});
  }
}

/// A network is built before its tensors are compared one by one, and a file may claim any size. One that no
/// file of these many numbers can fill is refused before it takes memory.
void refuse_impossible_size(const SafetensorsFile& file, const Architecture& architecture,
                            const WeightsOrigin& origin) {
  constexpr Index affordable = Index{1} << 24;  // vgg-like has 15 million: its misfits are named by tensor
  Index held = 0;
  for (const StoredTensor& tensor : file.tensors) held += tensor.volume();
  Index needed = 0;
  for (const LayerRow& row : layer_table(architecture)) {
    needed += row.parameters + row.running_statistics;
    if (needed <= std::max(held, affordable)) continue;
    fail({.kind = ErrorKind::damaged,
          .code = "E0410",
          .message = fmt::format("{} holds {} numbers, model `{}` needs {} or more",
                                 origin.path.filename().string(), held, origin.model, needed),
          .note = {},
          .help = {}});
  }
}

[[noreturn]] void fail_metadata(const std::filesystem::path& path, const std::string& found) {
  fail({.kind = ErrorKind::damaged,
        .code = "E0432",
        .message = fmt::format("{} does not say which network it holds: {}", path.filename().string(), found),
        .note = "Weir's own files name it in their metadata, under `model` and `widths`",
        .help = "say it yourself: `--model good-init`, or a model.json"});
}

Architecture architecture_in(const std::filesystem::path& path, const Metadata& metadata) {
  const auto text = [&](const std::string& key) {
    const auto found = metadata.find(key);
    return found == metadata.end() ? std::string() : found->second;
  };
  if (!text("layers").empty()) return architecture_from_json(text("layers"), path.string());
  if (text("model").empty()) fail_metadata(path, "no `model` in its metadata");
  try {
    Architecture architecture = architecture_named(text("model"));
    if (!text("widths").empty())
      architecture = with_widths(architecture, Json::parse(text("widths")).get<std::vector<Index>>());
    if (!text("bn_epsilon").empty()) architecture.bn_epsilon = Json::parse(text("bn_epsilon")).get<double>();
    layer_table(architecture);  // throws where a width is none
    return architecture;
  } catch (const Json::exception&) {
    fail_metadata(path, fmt::format("`widths` {} or `bn_epsilon` {} cannot be read",
                                    printable(text("widths")), printable(text("bn_epsilon"))));
  } catch (const Error& error) {
    fail_metadata(path, error.diagnosis().message);
  }
}

/// True when a registered name and widths give back this architecture, dropout aside, which weights do not
/// depend on.
bool is_told_by_name(const Architecture& architecture) {
  for (const std::string_view name : model_names())
    if (name == architecture.model) {
      Architecture known = architecture_named(name);
      if (widths(known).size() != widths(architecture).size()) return false;
      known = without_dropout(with_widths(known, widths(architecture)));
      return known.layers == without_dropout(architecture).layers;
    }
  return false;
}

}  // namespace

std::vector<Index> extents_of(const Shape& shape) {
  std::vector<Index> extents;
  for (int axis = 0; axis < shape.rank(); ++axis) extents.push_back(shape[axis]);
  return extents;
}

SafetensorsFile file_of(const Module& network, StoredType type) {
  SafetensorsFile file;
  const auto add = [&](const Parameter& value) {
    file.tensors.push_back(stored(value.name, extents_of(value.value.shape()), value.value.to_host(), type));
  };
  network.for_each_parameter(add);
  network.for_each_buffer(add);
  return file;
}

void load_into(Module& network, const SafetensorsFile& file, const WeightsOrigin& origin) {
  for_each_value(network, [&](Parameter& value) {
    if (!fits(file, value)) fail_misfit(file, network, origin, value);
  });
  refuse_strangers(file, network, origin);
  for_each_value(network, [&](Parameter& value) {
    const Tensor& old = value.value;
    const std::vector<float> floats = file.find(value.name)->floats();
    value.value =
        Tensor::from_host(std::span<const float>(floats), old.shape(), old.device()).as(old.dtype());
  });
}

void copy_values(const Module& from, Module& to) {
  std::vector<const Parameter*> values;
  const auto note = [&](const Parameter& value) { values.push_back(&value); };
  from.for_each_parameter(note);
  from.for_each_buffer(note);
  std::size_t next = 0;
  for_each_value(to, [&](Parameter& value) {
    expects(next < values.size() && values[next]->name == value.name, "networks differ at {}", value.name);
    value.value = values[next++]->value;
  });
  expects(next == values.size(), "networks differ: {} values for {}", values.size(), next);
}

Device& device_of(const Module& network) {
  Device* device = nullptr;
  network.for_each_parameter([&](const Parameter& value) { device = &value.value.device(); });
  expects(device != nullptr, "a network without parameters has no device");
  return *device;
}

void save_network(const std::filesystem::path& path, const StoredNetwork& stored, StoredType type) {
  SafetensorsFile file = file_of(*stored.network, type);
  file.metadata = stored.metadata;
  file.metadata["model"] = stored.architecture.model;
  file.metadata["widths"] = Json(widths(stored.architecture)).dump();
  file.metadata["weir_version"] = WEIR_VERSION;
  if (has_norm(stored.architecture))
    file.metadata["bn_epsilon"] = Json(stored.architecture.bn_epsilon).dump();
  if (!is_told_by_name(stored.architecture)) file.metadata["layers"] = to_json(stored.architecture);
  write_safetensors(path, file);
}

StoredNetwork load_network(const std::filesystem::path& path, Device& device, const std::string& model) {
  const SafetensorsFile file = read_safetensors(path);
  StoredNetwork stored{
      .architecture = model.empty() ? architecture_in(path, file.metadata) : architecture_from(model),
      .network = nullptr,
      .metadata = file.metadata};
  const WeightsOrigin origin{.path = path, .model = stored.architecture.model};
  refuse_impossible_size(file, stored.architecture, origin);
  stored.network = build(stored.architecture, device);
  load_into(*stored.network, file, origin);
  return stored;
}

}  // namespace weir
