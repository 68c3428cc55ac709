#include "models/weights.h"

#include <gmock/gmock.h>

#include "models/registry.h"
#include "tests/models/small_training.h"

namespace weir {
namespace {

using testing::HasSubstr;

/// Numbers that tell every element of every tensor apart.
void fill(Module& network) {
  std::uint64_t stream = 0;
  const auto set = [&](Parameter& value) {
    value.value =
        uniform(value.value.shape(), {0.1f, 1}, {.seed = 5, .stream = ++stream}, value.value.device());
  };
  network.for_each_parameter(Module::Visitor(set));
  network.for_each_buffer(Module::Visitor(set));
}

StoredNetwork stored_network(const Architecture& architecture) {
  StoredNetwork stored{
      .architecture = architecture, .network = build(architecture, Device::reference()), .metadata = {}};
  fill(*stored.network);
  return stored;
}

void expect_equal(const Module& a, const Module& b) {
  const SafetensorsFile first = file_of(a), second = file_of(b);
  ASSERT_EQ(first.tensors.size(), second.tensors.size());
  for (const StoredTensor& tensor : first.tensors) {
    ASSERT_NE(second.find(tensor.name), nullptr) << tensor.name;
    EXPECT_EQ(tensor.bytes, second.find(tensor.name)->bytes) << tensor.name;
    EXPECT_EQ(tensor.shape, second.find(tensor.name)->shape) << tensor.name;
  }
}

class ComesBack : public testing::TestWithParam<Architecture> {};

TEST_P(ComesBack, FromItsFileAlone) {
  const TemporaryFolder folder;
  const StoredNetwork before = stored_network(GetParam());
  save_network(folder / "w.safetensors", before);
  const StoredNetwork after = load_network(folder / "w.safetensors", Device::reference());
  EXPECT_EQ(without_dropout(after.architecture), without_dropout(before.architecture));
  expect_equal(*before.network, *after.network);
}

Architecture pruned() {
  const std::vector<Index> some = {3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23, 25, 27, 29, 31, 33};
  return with_widths(good_init(), some);
}

Architecture small_vgg() {
  const std::vector<Index> some = {2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
  return with_widths(vgg_like(), some);  // keeps epsilon 1e-3
}

Architecture small_resnet() {
  const LayerSpec conv{.kind = LayerKind::conv, .width = 4, .norm = Norm::before_activation},
      narrow{.kind = LayerKind::conv, .width = 4, .window = 1, .stride = 2},
      halving{.kind = LayerKind::conv, .width = 4, .window = 5, .stride = 2, .padding = 2};
  return {.model = "small-resnet",
          .layers = {conv,
                     {.kind = LayerKind::residual, .layers = {conv, conv}},
                     {.kind = LayerKind::residual, .layers = {halving}, .shortcut = {narrow}},
                     {.kind = LayerKind::global_avg_pool},
                     {.kind = LayerKind::linear, .width = 10}}};
}

INSTANTIATE_TEST_SUITE_P(Networks, ComesBack,
                         testing::Values(pruned(), with_norm(pruned(), Norm::before_activation), small_vgg(),
                                         small_resnet(), small_architecture()));

TEST(Weights, SayWhatTheyAre) {
  const TemporaryFolder folder;
  StoredNetwork stored = stored_network(pruned());
  stored.metadata["recipe"] = "by hand";
  save_network(folder / "w", stored);
  const Metadata metadata = read_safetensors(folder / "w").metadata;
  EXPECT_EQ(metadata.at("model"), "good-init");
  EXPECT_EQ(metadata.at("widths"), "[3,5,7,9,11,13,15,17,19,21,23,25,27,29,31,33]");
  EXPECT_EQ(metadata.at("recipe"), "by hand");
  EXPECT_EQ(metadata.count("weir_version"), 1u);
  EXPECT_EQ(metadata.count("bn_epsilon"), 0u);
  EXPECT_EQ(metadata.count("layers"), 0u);
  save_network(folder / "vgg", stored_network(small_vgg()));
  EXPECT_EQ(read_safetensors(folder / "vgg").metadata.at("bn_epsilon"), "0.001");
}

TEST(Weights, InHalfPrecisionAreTheNearestHalves) {
  const TemporaryFolder folder;
  const StoredNetwork stored = stored_network(small_architecture());
  save_network(folder / "w", stored, StoredType::f16);
  const StoredNetwork loaded = load_network(folder / "w", Device::reference());
  const SafetensorsFile before = file_of(*stored.network), after = file_of(*loaded.network);
  const std::vector<float> a = before.find("conv2.weight")->floats(),
                           b = after.find("conv2.weight")->floats();
  for (std::size_t i = 0; i < a.size(); ++i) EXPECT_EQ(b[i], half_to_float(float_to_half(a[i])));
  EXPECT_NE(a, b);
}

/// What loading says after `change` was made to a file of good-init's layers.
Diagnosis refusal(const std::function<void(SafetensorsFile&)>& change, const std::string& model = {}) {
  const TemporaryFolder folder;
  save_network(folder / "w.safetensors", stored_network(pruned()));
  SafetensorsFile file = read_safetensors(folder / "w.safetensors");
  change(file);
  write_safetensors(folder / "w.safetensors", file);
  return diagnosis_of([&] { load_network(folder / "w.safetensors", Device::reference(), model); });
}

TEST(Weights, NameATensorOfTheWrongShape) {
  const Diagnosis diagnosis = refusal([](SafetensorsFile& file) {
    for (StoredTensor& tensor : file.tensors)
      if (tensor.name == "conv3.weight") tensor.shape = {7, 5, 1, 9};
  });
  EXPECT_THAT(diagnosis, Says(ErrorKind::damaged, "E0410",
                              "tensor `conv3.weight` is 7×5×1×9, model `good-init` needs 7×5×3×3"));
  EXPECT_EQ(diagnosis.note, "33 other tensors fit");
}

TEST(Weights, NameATensorThatIsMissing) {
  const Diagnosis diagnosis = refusal([](SafetensorsFile& file) {
    std::erase_if(file.tensors, [](const StoredTensor& tensor) { return tensor.name == "fc2.bias"; });
  });
  EXPECT_THAT(diagnosis,
              Says(ErrorKind::damaged, "E0433", "tensor `fc2.bias` (10), which model `good-init` needs"));
}

TEST(Weights, NameATensorThatIsTooMany) {
  const std::vector<float> one = {1};
  const Diagnosis diagnosis =
      refusal([&](SafetensorsFile& file) { file.tensors.push_back(stored("conv16.weight", {1}, one)); });
  EXPECT_THAT(diagnosis, Says(ErrorKind::damaged, "E0431", "holds a tensor `conv16.weight`"));
}

TEST(Weights, RecogniseAnotherModel) {
  const TemporaryFolder folder;
  StoredNetwork stored{
      .architecture = deep_conv(), .network = build(deep_conv(), Device::reference()), .metadata = {}};
  save_network(folder / "w", stored);
  const Diagnosis diagnosis =
      diagnosis_of([&] { load_network(folder / "w", Device::reference(), "good-init"); });
  EXPECT_EQ(diagnosis.code, "E0410");
  EXPECT_EQ(diagnosis.help, "these look like weights of `deep-conv`; try `--model deep-conv`");
}

TEST(Weights, OfUnknownOriginNeedAModel) {
  EXPECT_THAT(refusal([](SafetensorsFile& file) { file.metadata.erase("model"); }),
              Says(ErrorKind::damaged, "E0432", "no `model` in its metadata"));
  EXPECT_THAT(refusal([](SafetensorsFile& file) { file.metadata["model"] = "alexnet"; }),
              Says(ErrorKind::damaged, "E0432", "no model `alexnet`"));
  EXPECT_THAT(refusal([](SafetensorsFile& file) { file.metadata["widths"] = "[1,2"; }),
              Says(ErrorKind::damaged, "E0432", "`widths`"));
  EXPECT_THAT(refusal([](SafetensorsFile& file) { file.metadata["widths"] = "[1,2]"; }),
              Says(ErrorKind::damaged, "E0432", "2 widths for good-init, which has 16"));
}

/// What loading says of a file of one number whose layers are flatten, then linear of this width.
Diagnosis refusal_of_width(const std::string& width) {
  const TemporaryFolder folder;
  SafetensorsFile file;
  const std::vector<float> one = {1};
  file.tensors.push_back(stored("fc1.bias", {1}, one));
  file.metadata["layers"] = fmt::format(
      R"({{"model": "wide", "layers": [{{"kind": "flatten"}}, {{"kind": "linear", "width": {}}}]}})", width);
  write_safetensors(folder / "w", file);
  return diagnosis_of([&] { load_network(folder / "w", Device::reference()); });
}

TEST(Weights, AreNoReasonToTakeMemoryThatTheyDoNotFill) {
  EXPECT_THAT(
      refusal_of_width("10000000000"),
      Says(ErrorKind::damaged, "E0410", "w holds 1 numbers, model `wide` needs 30730000000000 or more"));
  EXPECT_THAT(refusal_of_width("1501199875790165"),  // times 3072 and four bytes: 0 in 64 bits
              Says(ErrorKind::usage, "E0212", "more elements than any memory holds"));
  EXPECT_THAT(refusal([](SafetensorsFile& file) {
                file.metadata["widths"] = "[3,5,7,9,11,13,15,17,19,21,23,25,27,29,31,3300000000]";
              }),
              Says(ErrorKind::damaged, "E0410", "model `good-init` needs"));
  EXPECT_THAT(refusal([](SafetensorsFile& file) {
                file.metadata["widths"] = "[3,5,7,9,11,13,15,17,19,21,23,25,27,29,31,-1]";
              }),
              Says(ErrorKind::damaged, "E0432", "has width -1"));
}

TEST(Weights, OfOtherLayersUnderARegisteredNameComeBack) {
  const TemporaryFolder folder;
  Architecture architecture = small_architecture();
  architecture.model = "good-init";
  architecture.layers.resize(good_init().layers.size(), {.kind = LayerKind::dropout});
  const StoredNetwork before = stored_network(architecture);
  save_network(folder / "w", before);
  const StoredNetwork after = load_network(folder / "w", Device::reference());
  EXPECT_EQ(after.architecture, before.architecture);
  expect_equal(*before.network, *after.network);
}

TEST(Weights, CopyOnlyBetweenEqualNetworks) {
  const StoredNetwork from = stored_network(small_architecture());
  const std::unique_ptr<Sequential> to = build(small_architecture(), Device::reference());
  copy_values(*from.network, *to);
  expect_equal(*from.network, *to);
  const std::unique_ptr<Sequential> other = build(pruned(), Device::reference());
  EXPECT_THROW(copy_values(*from.network, *other), Error);
}

}  // namespace
}  // namespace weir
