// The networks against the study's layer tables, layer by layer, and architectures as data.
#include "models/architecture.h"

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

TEST(Registry, NamesTheNearestModel) {
  const Diagnosis diagnosis = diagnosis_of([] { architecture_named("good-inti"); });
  EXPECT_THAT(diagnosis, Says(ErrorKind::usage, "E0209", "no model `good-inti`"));
  EXPECT_EQ(diagnosis.help, "did you mean `good-init`?");
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
  EXPECT_THAT(read(R"({"model": "m"})"), Says(ErrorKind::usage, "E0212", "a list `layers`"));
  EXPECT_THAT(read("{\"model\": \"m\",\n \"layers\" []}"), Says(ErrorKind::usage, "E0211", "m.json:2:11"));
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
