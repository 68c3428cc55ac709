// The networks against the study's layer tables, layer by layer, and architectures as data.
#include "models/architecture.h"

#include <algorithm>
#include <gmock/gmock.h>

#include "models/architecture_json.h"
#include "models/registry.h"
#include "tests/data/temporary_folder.h"

namespace weir {
namespace {

struct Expected {
  std::string name;
  Shape output;
  Index parameters;
  Index multiply_adds;
};

/// Layers with parameters, and the sums that the study prints.
void expect_table(const Architecture& architecture, const std::vector<Expected>& layers,
                  const LayerTotals& sum) {
  const std::vector<LayerRow> table = layer_table(architecture);
  std::vector<LayerRow> trained;
  for (const LayerRow& row : table)
    if (row.parameters > 0) trained.push_back(row);
  ASSERT_EQ(trained.size(), layers.size());
  for (std::size_t i = 0; i < layers.size(); ++i) {
    SCOPED_TRACE(layers[i].name);
    EXPECT_EQ(trained[i].name, layers[i].name);
    EXPECT_EQ(trained[i].output, layers[i].output);
    EXPECT_EQ(trained[i].parameters, layers[i].parameters);
    EXPECT_EQ(trained[i].multiply_adds, layers[i].multiply_adds);
  }
  EXPECT_EQ(totals(table).parameters, sum.parameters);
  EXPECT_EQ(totals(table).running_statistics, sum.running_statistics);
  EXPECT_EQ(totals(table).multiply_adds, sum.multiply_adds);
}

TEST(GoodInit, IsTheTableOfThePaper) {
  expect_table(good_init(),
               {{"conv1", {32, 32, 32}, 896, 884736},
                {"conv2", {32, 32, 32}, 9248, 9437184},
                {"conv3", {32, 32, 32}, 9248, 9437184},
                {"conv4", {48, 32, 32}, 13872, 14155776},
                {"conv5", {48, 32, 32}, 20784, 21233664},
                {"conv6", {80, 16, 16}, 34640, 8847360},
                {"conv7", {80, 16, 16}, 57680, 14745600},
                {"conv8", {80, 16, 16}, 57680, 14745600},
                {"conv9", {80, 16, 16}, 57680, 14745600},
                {"conv10", {80, 16, 16}, 57680, 14745600},
                {"conv11", {128, 8, 8}, 92288, 5898240},
                {"conv12", {128, 8, 8}, 147584, 9437184},
                {"conv13", {128, 8, 8}, 147584, 9437184},
                {"conv14", {128, 8, 8}, 147584, 9437184},
                {"conv15", {128, 8, 8}, 147584, 9437184},
                {"fc1", {500}, 64500, 64000},
                {"fc2", {10}, 5010, 5000}},
               {.parameters = 1071542, .running_statistics = 0, .multiply_adds = 166694280});
}

TEST(DeepConv, IsTheTableOfItsTutorial) {
  expect_table(deep_conv(),
               {{"conv1", {32, 32, 32}, 896, 884736},
                {"conv2", {32, 32, 32}, 9248, 9437184},
                {"conv3", {64, 16, 16}, 18496, 4718592},
                {"conv4", {64, 16, 16}, 36928, 9437184},
                {"conv5", {128, 8, 8}, 73856, 4718592},
                {"conv6", {128, 8, 8}, 147584, 9437184},
                {"fc1", {1024}, 2098176, 2097152},
                {"fc2", {512}, 524800, 524288},
                {"fc3", {10}, 5130, 5120}},
               {.parameters = 2915114, .running_statistics = 0, .multiply_adds = 41260032});
}

TEST(VggLike, CountsBothWays) {
  const LayerTotals sum = totals(layer_table(vgg_like()));
  // Keras counts running statistics as parameters: 14,991,946 trained and 9,472 not.
  EXPECT_EQ(sum.parameters, 14991946);
  EXPECT_EQ(sum.parameters + sum.running_statistics, 15001418);
  EXPECT_EQ(sum.multiply_adds, 313463808);
  const std::vector<LayerRow> table = layer_table(vgg_like());
  const auto conv13 =
      std::find_if(table.begin(), table.end(), [](const LayerRow& row) { return row.name == "conv13"; });
  ASSERT_NE(conv13, table.end());
  EXPECT_EQ(conv13->output, (Shape{512, 2, 2}));
  EXPECT_EQ(conv13->parameters, 2359808 + 2 * 512);
}

TEST(GoodInit, IsTheSizeOfThePaperWhenPruned) {
  // The paper's compressed network has 890,411 parameters; keeping about 91 % of every convolution comes
  // closest.
  const std::vector<Index> pruned = {29, 29, 29, 44, 44, 73, 73, 73, 73, 73, 116, 116, 116, 116, 116, 500};
  const Architecture smaller = with_widths(good_init(), pruned);
  EXPECT_EQ(widths(smaller), pruned);
  EXPECT_EQ(totals(layer_table(smaller)).parameters, count_parameters(*build(smaller, Device::reference())));
}

class EveryModel : public testing::TestWithParam<std::string> {};
INSTANTIATE_TEST_SUITE_P(Registry, EveryModel, testing::Values("good-init", "deep-conv", "vgg-like"),
                         [](const auto& model) {
                           std::string name = model.param;
                           std::replace(name.begin(), name.end(), '-', '_');
                           return name;
                         });

TEST_P(EveryModel, IsBuiltAsItsTableSays) {
  const Architecture architecture = architecture_named(GetParam());
  const std::unique_ptr<Sequential> network = build(architecture, Device::reference());
  const LayerTotals sum = totals(layer_table(architecture));
  EXPECT_EQ(count_parameters(*network), sum.parameters);
  EXPECT_EQ(count_buffers(*network), sum.running_statistics);
}

TEST_P(EveryModel, SurvivesTheTripThroughJson) {
  const Architecture architecture = architecture_named(GetParam());
  EXPECT_EQ(architecture_from_json(to_json(architecture), "model.json"), architecture);
}

TEST(Architecture, NumbersNormsByTheirConvolutionAndCountsOn) {
  std::vector<std::string> names;
  build(vgg_like(), Device::reference())->for_each_buffer(Module::Visitor([&](Parameter& value) {
    names.push_back(value.name);
  }));
  ASSERT_EQ(names.size(), 28u);
  EXPECT_EQ(names.front(), "bn1.running_mean");
  EXPECT_EQ(names[25], "bn13.running_var");
  EXPECT_EQ(names.back(), "bn14.running_var");  // behind fc1
}

TEST(Architecture, ChangesRatesAndNormsAndNothingElse) {
  const std::vector<double> rates = {0.1, 0.2, 0.3, 0.4};
  Architecture changed = with_dropout(good_init(), rates);
  EXPECT_EQ(changed.layers[6].rate, 0.1);
  EXPECT_EQ(without_dropout(changed), without_dropout(good_init()));
  changed = with_norm(good_init(), Norm::before_activation);
  EXPECT_TRUE(has_norm(changed));
  EXPECT_EQ(totals(layer_table(changed)).parameters, 1071542 + 2 * (3 * 32 + 2 * 48 + 5 * 80 + 5 * 128));
  EXPECT_EQ(with_norm(changed, Norm::none), good_init());
}

TEST(Architecture, RefusesTheWrongNumberOfWidthsOrRates) {
  const std::vector<Index> few = {1, 2};
  const std::vector<double> one = {0.5};
  EXPECT_THROW(with_widths(good_init(), few), Error);
  EXPECT_THROW(with_dropout(good_init(), one), Error);
}

TEST(Architecture, RefusesLayersThatDoNotFit) {
  const LayerSpec conv{.kind = LayerKind::conv, .width = 4}, linear{.kind = LayerKind::linear, .width = 4},
      pool{.kind = LayerKind::max_pool};
  EXPECT_THROW(layer_table({.model = "m", .layers = {conv, linear}}), Error);  // a map into a linear layer
  EXPECT_THROW(layer_table({.model = "m", .layers = {pool, pool, pool, pool, pool, pool}}),
               Error);  // 32 halves 5 times
  EXPECT_THROW(layer_table({.model = "m", .layers = {LayerSpec{.kind = LayerKind::conv, .width = 0}}}),
               Error);
}

TEST(Architecture, RefusesSizesThatOverflow) {
  const Index huge = Index{1} << 62;
  const LayerSpec flatten{.kind = LayerKind::flatten};
  for (const LayerSpec& layer : {LayerSpec{.kind = LayerKind::conv, .width = huge},
                                 LayerSpec{.kind = LayerKind::conv, .width = 4, .padding = huge},
                                 LayerSpec{.kind = LayerKind::conv, .width = 4, .window = huge},
                                 LayerSpec{.kind = LayerKind::max_pool, .window = 2, .stride = huge}})
    EXPECT_THROW(layer_table({.model = "m", .layers = {layer}}), Error);
  EXPECT_THROW(
      layer_table({.model = "m", .layers = {flatten, LayerSpec{.kind = LayerKind::linear, .width = huge}}}),
      Error);
}

TEST(Registry, NamesTheNearestModel) {
  const Diagnosis diagnosis = diagnosis_of([] { architecture_named("good-inti"); });
  EXPECT_THAT(diagnosis, Says(ErrorKind::usage, "E0209", "no model `good-inti`"));
  EXPECT_EQ(diagnosis.help, "did you mean `good-init`?");
}

constexpr std::string_view small_resnet = R"({
  "model": "small-resnet", "bn_epsilon": 1e-05, "layers": [
    {"kind": "conv", "width": 8, "activation": "leaky_relu", "norm": "before_activation"},
    {"kind": "residual", "layers": [
      {"kind": "conv", "width": 8, "activation": "sigmoid"}, {"kind": "conv", "width": 8}]},
    {"kind": "activation", "activation": "softplus"},
    {"kind": "avg_pool", "window": 3, "stride": 1},
    {"kind": "residual",
     "layers": [{"kind": "conv", "width": 16, "window": 5, "stride": 2, "padding": 1}, {"kind": "max_pool"}],
     "shortcut": [{"kind": "conv", "width": 16, "window": 1, "stride": 4},
                  {"kind": "avg_pool", "window": 2, "stride": 1}]},
    {"kind": "conv", "width": 4, "norm": "after_activation", "activation": "tanh"},
    {"kind": "global_avg_pool"}, {"kind": "linear", "width": 10}]})";

TEST(Architecture, HasResidualBlocksWithWindowsOfAnySize) {
  const std::vector<LayerRow> table = layer_table(architecture_from_json(small_resnet, "m.json"));
  std::vector<std::pair<std::string, Shape>> found;
  for (const LayerRow& row : table) found.emplace_back(row.name, row.output);
  const std::vector<std::pair<std::string, Shape>> expected = {
      {"conv1", {8, 32, 32}}, {"conv2", {8, 32, 32}}, {"conv3", {8, 32, 32}},    {"residual1", {8, 32, 32}},
      {"act1", {8, 32, 32}},  {"pool1", {8, 30, 30}}, {"conv4", {16, 14, 14}},   {"pool2", {16, 7, 7}},
      {"conv5", {16, 8, 8}},  {"pool3", {16, 7, 7}},  {"residual2", {16, 7, 7}}, {"conv6", {4, 7, 7}},
      {"pool4", {4}},         {"fc1", {10}}};
  EXPECT_EQ(found, expected);
  const auto conv4 = table[6];
  EXPECT_EQ(conv4.parameters, 25 * 8 * 16 + 16);
  EXPECT_EQ(conv4.multiply_adds, 25 * 8 * 16 * 14 * 14);
}

TEST(Architecture, BuildsResidualBlocksAsItsTableSays) {
  const Architecture architecture = architecture_from_json(small_resnet, "m.json");
  const std::unique_ptr<Sequential> network = build(architecture, Device::reference());
  const std::vector<LayerRow> table = layer_table(architecture);
  EXPECT_EQ(count_parameters(*network), totals(table).parameters);
  EXPECT_EQ(count_buffers(*network), totals(table).running_statistics);
  std::vector<std::string> weights, expected;
  network->for_each_parameter(Module::Visitor([&](Parameter& p) {
    if (p.name.ends_with(".bias") && !p.name.starts_with("bn")) weights.push_back(p.name);
  }));
  for (const LayerRow& row : table)
    if (row.parameters > 0) expected.push_back(row.name + ".bias");
  EXPECT_EQ(weights, expected);
  Tape tape(Mode::evaluate, Record::values);
  const Var y = (*network)(tape.constant(Tensor::zeros({2, 3, 32, 32}, Device::reference())));
  EXPECT_EQ(y.shape(), (Shape{2, 10}));
  for (const LayerRow& row : table) {
    Shape shape{2};
    for (int axis = 0; axis < row.output.rank(); ++axis) shape.append(row.output[axis]);
    const Entry* last = tape.last_in_scope(row.name);
    ASSERT_NE(last, nullptr) << row.name;
    EXPECT_EQ(last->value.shape(), shape) << row.name;
  }
}

TEST(Architecture, ReachesIntoResidualBlocks) {
  const Architecture resnet = architecture_from_json(small_resnet, "m.json");
  EXPECT_EQ(architecture_from_json(to_json(resnet), "again.json"), resnet);
  EXPECT_EQ(widths(resnet), (std::vector<Index>{8, 8, 8, 16, 16, 4}));
  const std::vector<Index> wider = {6, 5, 6, 12, 12, 3};
  EXPECT_EQ(widths(with_widths(resnet, wider)), wider);
  EXPECT_EQ(with_norm(resnet, Norm::before_activation).layers[1].layers[0].norm, Norm::before_activation);
  Architecture inside = resnet;
  inside.layers[1].layers.push_back({.kind = LayerKind::dropout, .rate = 0.5});
  EXPECT_EQ(without_dropout(inside).layers[1].layers.back().rate, 0);
  const std::vector<double> rates = {0.25};
  EXPECT_EQ(with_dropout(inside, rates).layers[1].layers.back().rate, 0.25);
}

TEST(Architecture, RefusesBranchesAndWindowsThatDoNotFit) {
  const auto message = [](std::vector<LayerSpec> layers) {
    return diagnosis_of([&] { layer_table({.model = "m", .layers = layers}); }).message;
  };
  const LayerSpec conv{.kind = LayerKind::conv, .width = 4};
  EXPECT_THAT(message({{.kind = LayerKind::residual, .layers = {conv}}}),
              testing::HasSubstr("residual1 (residual) adds [4, 32, 32] to [3, 32, 32]"));
  EXPECT_THAT(message({{.kind = LayerKind::max_pool, .window = 33}}), testing::HasSubstr("window of 33x33"));
  EXPECT_THAT(message({{.kind = LayerKind::avg_pool, .stride = 0}}), testing::HasSubstr("stride 0"));
  EXPECT_THAT(message({{.kind = LayerKind::conv, .width = 4, .window = 0}}), testing::HasSubstr("window 0"));
}

TEST(ModelJson, SaysWhatItDoesNotUnderstand) {
  const auto read = [](std::string_view text) {
    return diagnosis_of([=] { architecture_from_json(text, "m.json"); });
  };
  EXPECT_THAT(read(R"({"layers": [{"kind": "conf"}]})"),
              Says(ErrorKind::usage, "E0212", R"(m.json: found "conf", expected one of conv, max_pool)"));
  EXPECT_THAT(read(R"({"layers": [{"kind": "conv", "wdith": 3}]})"),
              Says(ErrorKind::usage, "E0212", "unknown key `wdith` of a layer"));
  EXPECT_THAT(read(R"({"layers": [{"kind": "conv", "width": "3"}]})"),
              Says(ErrorKind::usage, "E0212", "expected a number"));
  EXPECT_THAT(read(R"({"layers": [{"kind": "conv", "stride": 1.5}]})"),
              Says(ErrorKind::usage, "E0212", "`stride` is 1.5, expected a number"));
  EXPECT_THAT(read(R"({"layers": [{"kind": "activation", "activation": "reul"}]})"),
              Says(ErrorKind::usage, "E0212", "expected one of none, relu, leaky_relu, sigmoid"));
  EXPECT_THAT(read(R"({"layers": [{"kind": "residual", "layers": 3}]})"),
              Says(ErrorKind::usage, "E0212", "found 3, expected a list of layers"));
  EXPECT_THAT(read(R"({"model": "m"})"), Says(ErrorKind::usage, "E0212", "a list `layers`"));
  EXPECT_THAT(read(R"({"model": "m", "layers": []})"),
              Says(ErrorKind::usage, "E0212", "m.json: a network has at least one layer"));
  EXPECT_THAT(read("{\"model\": \"m\",\n \"layers\" []}"), Says(ErrorKind::usage, "E0211", "m.json:2:11"));
}

TEST(ModelJson, RefusesKeysThatItsLayerWouldNotUse) {
  const auto read = [](const std::string& layer) {
    return diagnosis_of([&] { architecture_from_json(R"({"layers": [)" + layer + "]}", "m.json"); });
  };
  const Diagnosis pool = read(R"({"kind": "max_pool", "window": 3, "stride": 2, "padding": 1})");
  EXPECT_THAT(pool, Says(ErrorKind::usage, "E0212", "unknown key `padding` of a layer of kind max_pool"));
  EXPECT_EQ(pool.help, "it has window, stride");
  for (const char* layer :
       {R"({"kind": "avg_pool", "norm": "none"})", R"({"kind": "flatten", "width": 3})",
        R"({"kind": "linear", "width": 10, "padding": 1})", R"({"kind": "residual", "activation": "relu"})"})
    EXPECT_THAT(read(layer), Says(ErrorKind::usage, "E0212", "unknown key"));
}

TEST(ModelJson, WantsAnEpsilonAboveZero) {
  for (const char* epsilon : {"0", "-1"})
    EXPECT_THAT(diagnosis_of([&] {
                  architecture_from_json(
                      fmt::format(R"({{"bn_epsilon": {}, "layers": [{{"kind": "flatten"}}]}})", epsilon),
                      "m.json");
                }),
                Says(ErrorKind::usage, "E0212", "m.json: bn_epsilon is"));
}

TEST(ModelJson, RefusesResidualBlocksThatLieTooDeepInEachOther) {
  const auto nested = [](int depth) {
    std::string layers = R"({"kind": "dropout"})";
    for (int i = 0; i < depth; ++i) layers = R"({"kind": "residual", "layers": [)" + layers + "]}";
    return R"({"layers": [)" + layers + "]}";
  };
  EXPECT_EQ(layer_table(architecture_from_json(nested(16), "m.json")).size(), 17u);
  EXPECT_THAT(diagnosis_of([&] { architecture_from_json(nested(17), "m.json"); }),
              Says(ErrorKind::usage, "E0212", "m.json: residual blocks lie in each other more than 16 deep"));
  EXPECT_THAT(diagnosis_of([&] { architecture_from_json(nested(1000), "m.json"); }),
              Says(ErrorKind::usage, "E0211", "is nested more than 64 deep"));
}

TEST(ModelJson, NamesTheLayerThatCannotFollowTheOneBefore) {
  const auto read = [](const std::string& layers) {
    return diagnosis_of([&] { architecture_from_json(R"({"layers": [)" + layers + "]}", "m.json"); });
  };
  const std::string conv = R"({"kind": "conv", "width": 4})", linear = R"({"kind": "linear", "width": 10})";
  const Diagnosis unflat = read(conv + ", " + linear);
  EXPECT_THAT(unflat, Says(ErrorKind::usage, "E0212",
                           "m.json: layer fc1 (linear) needs flat values, found a map [4, 32, 32]"));
  EXPECT_EQ(unflat.help, R"(put {"kind": "flatten"} before it)");
  const Diagnosis flat = read(R"({"kind": "flatten"}, )" + conv);
  EXPECT_THAT(flat, Says(ErrorKind::usage, "E0212", "m.json: layer conv1 (conv) needs a feature map"));
  EXPECT_THAT(flat.help, testing::HasSubstr("before what makes values flat"));
  for (const char* rate : {"1", "1.5", "-0.1"})
    EXPECT_THAT(read(R"({"kind": "dropout", "rate": )" + std::string(rate) + "}"),
                Says(ErrorKind::usage, "E0212", "m.json: layer dropout1 has the rate " + std::string(rate)));
  EXPECT_THAT(read(R"({"kind": "conv"})"),
              Says(ErrorKind::usage, "E0212", "m.json: layer conv1 has width 0"));
  EXPECT_THAT(read(R"({"kind": "max_pool", "window": 33})"), Says(ErrorKind::usage, "E0212", "33x33"));
  EXPECT_THAT(read(R"({"kind": "residual", "layers": [)" + conv + "]}"),
              Says(ErrorKind::usage, "E0212", "residual1"));
}

TEST(ModelJson, IsReadWhereverAModelIsNamed) {
  const TemporaryFolder folder;
  const auto path = put(folder / "small.json", R"({
    // a comment
    "model": "small", "layers": [{"kind": "conv", "width": 4, "activation": "relu"}, {"kind": "global_max_pool"},
                                 {"kind": "linear", "width": 10}]})");
  const Architecture small = architecture_from(path.string());
  EXPECT_EQ(small.model, "small");
  EXPECT_EQ(totals(layer_table(small)).parameters, 4 * 27 + 4 + 50);
}

}  // namespace
}  // namespace weir
