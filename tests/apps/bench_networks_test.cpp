// `weir bench` of whole networks: what it prints, and that it would notice a wrong answer.
#include <algorithm>
#include <cmath>
#include <fstream>
#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include "apps/benchmark/network_table.h"
#include "apps/benchmark/peak.h"
#include "apps/benchmark/training_step.h"
#include "attacks/registry.h"
#include "models/weights.h"
#include "tensor/ops/pointwise.h"
#include "tests/apps/run_weir.h"
#include "tests/apps/small_run.h"
#include "tests/support/thread_budget.h"

namespace weir {
namespace {

using testing::HasSubstr;
using testing::StartsWith;
using Words = std::vector<std::string>;

/// The small network, as fast as a test wants it.
Words bench(const SmallRun& run, const Words& more) {
  Words words{"bench", "--models", run / "weights.safetensors", "--seconds", "0.001"};
  words.insert(words.end(), more.begin(), more.end());
  return words;
}

Architecture small_network() {
  return {.model = "small",
          .layers = {{.kind = LayerKind::conv, .width = 8, .activation = Activation::relu},
                     {.kind = LayerKind::max_pool},
                     {.kind = LayerKind::global_max_pool},
                     {.kind = LayerKind::linear, .width = 10}}};
}

TEST(BenchNetworks, DoesEveryWorkOnEveryDevice) {
  const SmallRun run;
  const Ran ran = run_weir(bench(
      run, {"--devices", "reference,emulated", "--numerics", "exact,fast", "--batch", "2,3", "--json"}));
  ASSERT_EQ(ran.code, 0) << ran.err;
  const auto rows = nlohmann::json::parse(ran.out).at("rows");
  ASSERT_EQ(rows.size(), 2 * 2 * 2 * network_works().size());
  for (const auto& row : rows) {
    const std::string work = row.at("work");
    SCOPED_TRACE(row.dump());
    EXPECT_GT(row.at("images_per_second").get<double>(), 0);
    EXPECT_TRUE(row.at("right").get<bool>());
    EXPECT_GE(row.at("samples").get<int>(), 3);
    const bool computes =
        work == "forward" || work.find("gradient") != work.npos || work.starts_with("training");
    EXPECT_EQ(row.contains("largest_error"), computes);
    EXPECT_EQ(row.contains("peak_share"), computes);
    EXPECT_EQ(row.contains("milliseconds_an_image_beyond_forward"), work == "flow");
    if (computes && !work.ends_with("bf16")) {
      EXPECT_LT(row.at("largest_error").get<double>(), 1e-5);
    }
    if (row.at("device") == "reference" && row.at("numerics") == "exact") {
      EXPECT_EQ(row.at("relative"), 1.0);
    }
  }
  const Words attacks = attack_names();
  for (const std::string& attack : attacks)
    EXPECT_TRUE(std::ranges::any_of(rows, [&](const auto& row) { return row.at("work") == attack; }));
}

TEST(BenchNetworks, TakesAModelFileAndNamesItAsItWasGiven) {
  const TemporaryFolder folder;
  std::ofstream(folder / "mine.json") << R"({"model": "mine", "layers": [
    {"kind": "conv", "width": 4, "activation": "relu"}, {"kind": "global_max_pool"},
    {"kind": "linear", "width": 10}]})";
  const Ran ran = run_weir({"bench", "--models", "mine.json", "--works", "forward", "--devices", "reference",
                            "--numerics", "fast", "--batch", "1", "--seconds", "0.001"},
                           {.folder = folder.path()});
  ASSERT_EQ(ran.code, 0) << ran.err;
  EXPECT_THAT(ran.out, HasSubstr("| mine.json | forward | reference | fast | 1 |"));
}

TEST(BenchNetworks, FormatsAgree) {
  const SmallRun run;
  const Words some{"--works", "forward,fgsm", "--devices", "reference", "--numerics",
                   "exact",   "--batch",      "2",         "--format"};
  const auto lines_of = [&](const std::string& format) {
    Words words = bench(run, some);
    words.push_back(format);
    const Ran ran = run_weir(words);
    EXPECT_EQ(ran.code, 0) << ran.err;
    return ran.out;
  };
  const std::string csv = lines_of("csv"), markdown = lines_of("markdown");
  EXPECT_EQ(std::ranges::count(csv, '\n'), 3);
  EXPECT_EQ(std::ranges::count(markdown, '\n'), 4);
  EXPECT_THAT(csv, StartsWith("network,work,device,numerics,batch,images_per_second,"));
  EXPECT_THAT(csv, HasSubstr("weights.safetensors,fgsm,reference,exact,2,"));
  EXPECT_THAT(csv, HasSubstr(",1,,,,1\n")) << "an attack has no share of the peak and no error";
  EXPECT_EQ(nlohmann::json::parse(lines_of("json")).at("rows").size(), 2u);
}

TEST(BenchNetworks, AWrongAnswerIsReported) {
  // Weights so large that float32 overflows and double does not.
  const SmallRun run;
  StoredNetwork stored = load_network(run / "weights.safetensors", Device::reference());
  stored.network->for_each_parameter([](Parameter& parameter) { parameter.value = 1e25 * parameter.value; });
  save_network(run / "weights.safetensors", stored);
  const Ran ran = run_weir(bench(run, {"--works", "forward", "--devices", "reference", "--batch", "2"}));
  EXPECT_EQ(ran.code, 1) << ran.err;
  EXPECT_THAT(ran.out, HasSubstr(" WRONG |"));
}

TEST(BenchNetworks, RefusesWhatItDoesNotKnow) {
  const Ran misspelt = run_weir({"bench", "--works", "forward,forwad"});
  EXPECT_EQ(misspelt.code, 2);
  EXPECT_THAT(misspelt.err,
              StartsWith("error[E0207]: `--works` has no `forwad`\n"
                         "  = note: it is one of forward, input-gradient, 10-class-gradients, "));
  EXPECT_THAT(misspelt.err, HasSubstr("  = help: did you mean `forward`?\n"));
  EXPECT_THAT(run_weir({"bench", "--models", "good-inti"}).err,
              StartsWith("error[E0209]: no model `good-inti`"));
  EXPECT_THAT(run_weir({"bench", "--models", "missing.safetensors"}).code, 3);
  EXPECT_THAT(run_weir({"bench", "--devices", "gpu"}).err, HasSubstr("no device `gpu`"));
  EXPECT_THAT(run_weir({"bench", "--batch", "8,0"}).err,
              StartsWith("error[E0206]: `--batch` must be 1 to 4096, found 0"));
  EXPECT_THAT(run_weir({"bench", "--seconds", "0"}).err,
              StartsWith("error[E0206]: `--seconds` must be more than 0, found 0"));
  EXPECT_THAT(run_weir({"bench", "--ops", "--batch", "8"}).err,
              StartsWith("error[E0006]: `--batch` says nothing with `--ops`"));
  EXPECT_THAT(run_weir({"bench", "--only", "conv"}).err,
              StartsWith("error[E0006]: `--only` says nothing without `--ops`"));
  EXPECT_THAT(run_weir({"bench", "--json", "--format", "csv"}).err,
              HasSubstr("error[E0006]: `--json` and `--format csv`: both cannot be"));
}

TEST(NetworkTable, LeavesOutWhatMakesNoSense) {
  const NetworkRow row{.network = "a,\"b\"",
                       .work = "forward",
                       .device = "reference",
                       .batch = 4,
                       .timing = {.median = 2, .spread = 0.5, .samples = 3},
                       .peak_share = 0.5,
                       .right = false};
  EXPECT_EQ(row.images_per_second(), 2000);
  EXPECT_EQ(row.images_per_second_spread(), 500);
  EXPECT_THAT(
      network_table({row}, TableFormat::markdown),
      HasSubstr(
          "| forward | reference | exact | 4 | 2000.0 | 500.0 | 2.000 | 1.00 | 50 % | - | - WRONG |\n"));
  EXPECT_THAT(network_table({row}, TableFormat::csv),
              HasSubstr("\n\"a,\"\"b\"\"\",forward,reference,exact,4,2000,500,2,0.5,3,1,0.5,,,0\n"));
}

TEST(BenchProfile, SaysWhereTheTimeOfAStepGoes) {
  const SmallRun run;
  const Words some{"--profile", "--devices", "reference", "--batch", "40", "--threads", "2"};
  const Ran ran = run_weir(bench(run, some));
  ASSERT_EQ(ran.code, 0) << ran.err;
  EXPECT_THAT(ran.out,
              HasSubstr("training-step on reference, exact, batch 40\n\n| kind | ms | share | calls |\n"));
  for (const char* kind : {"| gemm |", "| kernels of max_pool gradient |", "| kernels of conv2d_relu |",
                           "| kernels of outside the tape |", "| waiting in the cohort |", "| rest |"})
    EXPECT_THAT(ran.out, HasSubstr(kind));
  EXPECT_THAT(ran.out, testing::ContainsRegex("[0-9.]+ % of the workers. time was inside kernels .2 threads, "
                                              "[0-9.]+ ms.\n$"));

  Words json = some;
  json.insert(json.end(), {"--json", "--works", "forward"});
  const auto document = nlohmann::json::parse(run_weir(bench(run, json)).out);
  const auto profile = document.at("profiles").at(0);
  EXPECT_EQ(profile.at("work"), "forward");
  double shares = 0, kernels = 0;
  for (const auto& line : profile.at("lines")) {
    shares += line.at("share").get<double>();
    if (line.at("calls") > 0) kernels += line.at("share").get<double>();
  }
  EXPECT_NEAR(shares, 1, 1e-9);
  EXPECT_NEAR(kernels, profile.at("in_kernels").get<double>(), 1e-9);
  EXPECT_GT(kernels, 0);
  Words csv = some;
  csv.insert(csv.end(), {"--format", "csv"});
  EXPECT_THAT(run_weir(bench(run, csv)).out, HasSubstr(",training-step,reference,exact,40,2,rest,"));
  EXPECT_THAT(run_weir({"bench", "--ops", "--profile"}).err, StartsWith("error[E0006]: `--profile`"));
}

TEST(NetworkOracle, NoticesWrongAnswersOfEachKind) {
  const BenchNetwork network(small_network());
  NetworkOracle oracle(network);
  Device& device = Device::reference();
  const auto weights = network.on(device);
  Evaluator evaluator(*weights, device);
  const Tensor images = noise_images(12, device);  // more than the oracle has
  const Tensor logits = evaluator.logits(images);
  EXPECT_LE(oracle.of_logits(logits).distance, oracle.logit_tolerance());
  EXPECT_GT(oracle.of_logits(logits + 1e-4).distance, oracle.logit_tolerance());

  const Tensor loss = evaluator.query(images, loss_seeds(device, 12)).gradients;
  EXPECT_LE(oracle.of_loss_gradients(loss).distance, gradient_tolerance);
  EXPECT_GT(oracle.of_loss_gradients(-1.0 * loss).distance, gradient_tolerance);

  const Tensor classes = evaluator.query(images, class_seeds(), study_classes).gradients;
  EXPECT_LE(oracle.of_class_gradients(classes).distance, gradient_tolerance);
  EXPECT_GT(oracle.of_class_gradients(1.1 * classes).distance, gradient_tolerance);

  std::vector<double> parameters =
      TrainingStep(network, device, {.batch = NetworkOracle::training_images}).gradients();
  EXPECT_LE(oracle.of_parameter_gradients(parameters).distance, gradient_tolerance);
  parameters.back() = NAN;
  EXPECT_FALSE(oracle.of_parameter_gradients(parameters).distance <= gradient_tolerance);
}

TEST(NetworkOracle, IsNotNeededForTiming) {
  const BenchNetwork network(small_network());
  for (const NetworkWork& work : network_works())
    EXPECT_FALSE(work.prepare({network, nullptr, Device::reference(), Numerics::fast, 2}).deviation)
        << work.name;
}

TEST(BenchNetwork, CountsOperationsLikeThePaper) {
  const BenchNetwork network(small_network());
  EXPECT_EQ(network.first_layer_operations(), 2.0 * 32 * 32 * 8 * 27);
  EXPECT_EQ(network.operations(), network.first_layer_operations() + 2.0 * 8 * 10);
}

TEST(PeakKernel, CountsEveryThread) {
  const auto operations_with = [](int threads) {
    const ThreadBudget budget(threads);
    const PeakKernel peak;
    peak.run();
    return peak.operations();
  };
  EXPECT_EQ(operations_with(2), 2 * operations_with(1));
}

}  // namespace
}  // namespace weir
