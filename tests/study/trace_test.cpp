// A trace against a loop of its own, and what it makes of attacks that begin elsewhere, race or break.
#include "study/trace.h"

#include <cmath>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <limits>
#include <map>
#include <sstream>

#include "attacks/igsm.h"
#include "attacks/registry.h"
#include "data/cifar.h"
#include "infoflow/tracer.h"
#include "models/evaluate.h"
#include "models/weights.h"
#include "study/trace_table.h"
#include "study/trace_words.h"
#include "tensor/ops/pointwise.h"
#include "tests/study/synthetic_trace.h"
#include "tests/study/tiny_network.h"

namespace weir {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;

Device& reference() { return Device::reference(); }

/// The first embedded test image that the tiny network gets right.
class TraceTest : public testing::Test {
 protected:
  TraceTest() {
    const ImageSet set = load_embedded(Split::test);
    for (Index row = 0;; ++row) {
      task.images = image_tensor(set, {row, 1}, reference());
      const std::vector<double> logits = evaluator.logits(task.images).to_host_double();
      label = set.labels[static_cast<std::size_t>(row)];
      if (std::max_element(logits.begin(), logits.end()) - logits.begin() == label) break;
    }
    task.truth = Labels::from_host(std::span(&label, 1), reference());
    task.ids = {21};
  }

  StoredNetwork stored = load_network(tiny_network(), reference());
  Evaluator evaluator{*stored.network, reference()};
  std::int32_t label = 0;
  AttackTask task;
};

// ---- an igsm of the test's own ----

struct Asked {
  std::vector<double> logits;
  std::vector<float> gradient;
};

/// Cross-entropy of class `label` and its gradient, from a tape; the softmax in double on the host.
Asked ask(const Module& network, const Tensor& x, std::int32_t label) {
  Tape tape(Mode::evaluate, Record::for_input);
  const Var images = tape.input(x, "images"), z = network(images);
  Asked asked{.logits = z.value().to_host_double(), .gradient = {}};
  double sum = 0;
  for (const double logit : asked.logits) sum += std::exp(logit);
  std::vector<float> seed;
  for (std::size_t k = 0; k < asked.logits.size(); ++k)
    seed.push_back(static_cast<float>(std::exp(asked.logits[k]) / sum -
                                      (static_cast<std::int32_t>(k) == label ? 1 : 0)));
  const Tensor dz = Tensor::from_host(seed, z.value().shape(), reference());
  asked.gradient = tape.backward(z, dz)[images].to_host();
  return asked;
}

float direction(float slope) { return slope > 0 ? 1.0f : slope < 0 ? -1.0f : 0.0f; }

struct Line {
  std::vector<double> logits;
  double objective = 0, l0 = 0, l2 = 0, linf = 0;
};

std::vector<Line> igsm_by_hand(const Module& network, const Tensor& original, std::int32_t label,
                               const IgsmOptions& options) {
  const std::vector<float> start = original.to_host();
  std::vector<float> image = start;
  std::vector<Line> lines;
  for (Index i = 0; i <= options.iterations; ++i) {
    const Asked asked = ask(network, Tensor::from_host(image, original.shape(), reference()), label);
    Line line{.logits = asked.logits};
    double sum = 0;
    for (const double logit : asked.logits) sum += std::exp(logit);
    line.objective = std::log(sum) - asked.logits[static_cast<std::size_t>(label)];
    for (std::size_t j = 0; j < image.size(); ++j) {
      const double moved = static_cast<double>(image[j]) - start[j];
      line.l0 += moved != 0;
      line.l2 += moved * moved;
      line.linf = std::max(line.linf, std::abs(moved));
      const float eps = static_cast<float>(options.eps), step = static_cast<float>(options.step);
      image[j] = std::clamp(image[j] + step * direction(asked.gradient[j]), std::max(start[j] - eps, -1.0f),
                            std::min(start[j] + eps, 1.0f));
    }
    line.l2 = std::sqrt(line.l2);
    lines.push_back(line);
  }
  return lines;
}

using Row = std::map<std::string, std::string>;

std::vector<std::string> fields_of(const std::string& line) {
  std::vector<std::string> fields(1);
  for (const char c : line)
    if (c == ',')
      fields.emplace_back();
    else
      fields.back() += c;
  return fields;
}

std::vector<Row> rows_of_csv(const std::string& csv) {
  std::istringstream lines(csv);
  std::string line;
  std::getline(lines, line);
  const std::vector<std::string> names = fields_of(line);
  std::vector<Row> rows;
  while (std::getline(lines, line)) {
    const std::vector<std::string> fields = fields_of(line);
    EXPECT_EQ(fields.size(), names.size());
    Row row;
    for (std::size_t i = 0; i < names.size(); ++i) row[names[i]] = fields[i];
    rows.push_back(row);
  }
  return rows;
}

TEST_F(TraceTest, TheTableIsWhatALoopWithATapeComputes) {
  const IgsmOptions options{.eps = 0.03, .step = 0.008, .iterations = 6};
  const Trace trace = trace_attack(Igsm(options), evaluator, task);
  const std::vector<Row> rows = rows_of_csv(to_csv(trace));
  const std::vector<Line> lines = igsm_by_hand(*stored.network, task.images, label, options);
  ASSERT_EQ(rows.size(), lines.size());
  const auto number = [&](std::size_t i, const std::string& name) { return std::stod(rows[i].at(name)); };
  for (std::size_t i = 0; i < rows.size(); ++i) {
    SCOPED_TRACE(i);
    EXPECT_EQ(number(i, "iteration"), static_cast<double>(i));
    double total = 0;
    for (const double logit : lines[i].logits) total += std::exp(logit);
    for (std::size_t k = 0; k < 10; ++k) {
      EXPECT_EQ(number(i, fmt::format("logit_{}", k)), lines[i].logits[k]);
      EXPECT_NEAR(number(i, fmt::format("probability_{}", k)), std::exp(lines[i].logits[k]) / total, 1e-14);
    }
    EXPECT_EQ(number(i, "l0_features"), lines[i].l0);
    EXPECT_NEAR(number(i, "l2"), lines[i].l2, 1e-14);
    EXPECT_EQ(number(i, "linf"), lines[i].linf);
    EXPECT_EQ(rows[i].at("chosen_first"), "");
    if (i + 1 < rows.size()) {
      EXPECT_NEAR(number(i, "objective"), lines[i].objective, 1e-13);
    }
  }
  EXPECT_EQ(rows.back().at("objective"), "") << "nobody climbs from the last image";
  EXPECT_GT(lines.back().linf, 0.02) << "the attack did move";
}

TEST_F(TraceTest, PathsAreThoseOfTheIteratesAlone) {
  const Trace trace = trace_attack(Igsm({.eps = 0.05, .step = 0.02, .iterations = 3}), evaluator, task);
  const std::vector<Row> rows = rows_of_csv(to_csv(trace));
  const Path clean = information_paths(evaluator, task.images)[0];
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const Tensor image = Tensor::from_host(trace.steps[i].image, task.images.shape(), reference());
    const Path path = information_paths(evaluator, image)[0];
    EXPECT_EQ(trace.steps[i].iip, path.iip);
    double iip = 0, oip = 0;
    for (std::size_t k = 0; k < 4; ++k) {
      iip += std::abs(path.iip[k] - clean.iip[k]) / 4;
      oip += std::abs(path.oip[k] - clean.oip[k]) / 4;
    }
    EXPECT_NEAR(std::stod(rows[i].at("iip_distance")), iip, 1e-15);
    EXPECT_NEAR(std::stod(rows[i].at("oip_distance")), oip, 1e-15);
  }
  EXPECT_EQ(rows[0].at("iip_distance"), "0");
  EXPECT_GT(std::stod(rows.back().at("oip_distance")), 0);
  const std::vector<Row> paths = rows_of_csv(paths_csv(trace));
  ASSERT_THAT(paths, SizeIs(4 * 4));
  EXPECT_EQ(paths[5].at("iteration"), "1");
  EXPECT_EQ(paths[5].at("layer"), "conv2");
  EXPECT_EQ(std::stod(paths[5].at("oip")), trace.steps[1].oip[1]);
}

TEST_F(TraceTest, BeginsWithTheCleanImageAndEndsWithTheJudges) {
  const Igsm attack({.eps = 0.2, .step = 0.05, .iterations = 4});
  const Trace trace = trace_attack(attack, evaluator, task);
  const Outcome unwatched = attack(evaluator, task);
  const AttackRecord& record = unwatched.records[0];
  ASSERT_THAT(trace.steps, SizeIs(5));
  EXPECT_EQ(trace.first().image, task.images.to_host());
  EXPECT_EQ(trace.last().image, unwatched.images.to_host()) << "watching changes no bit";
  EXPECT_EQ(to_csv(trace.record), to_csv(record));
  const std::vector<Row> rows = rows_of_csv(to_csv(trace));
  EXPECT_EQ(rows.front().at("predicted_class"), std::to_string(label));
  EXPECT_EQ(rows.front().at("l0_features"), "0");
  EXPECT_EQ(rows.back().at("predicted_class"), std::to_string(record.adversarial_class));
  EXPECT_EQ(std::stod(rows.back().at("confidence")), record.adversarial_confidence);
  EXPECT_EQ(std::stod(rows.back().at("linf")), record.distortion.linf);
  EXPECT_EQ(trace.first_fooled(), record.first_success);
}

TEST_F(TraceTest, OfAnImageThatTheNetworkGetsWrongIsRefused) {
  const std::int32_t other = (label + 1) % 10;
  task.truth = Labels::from_host(std::span(&other, 1), reference());
  try {
    trace_attack(Igsm(), evaluator, task);
    FAIL() << "nothing was refused";
  } catch (const Error& error) {
    EXPECT_EQ(error.diagnosis().kind, ErrorKind::usage);
    EXPECT_THAT(error.diagnosis().message, HasSubstr("nothing to attack"));
  }
}

TEST_F(TraceTest, IsOfOneImage) {
  task.images = concatenate(std::vector<Tensor>{task.images, task.images});
  EXPECT_THROW(trace_attack(Igsm(), evaluator, task), Error);
}

/// Tells its observer what the test wants.
class Telling : public Attack {
 public:
  using Script = std::function<void(const Victims&, const AttackObserver&)>;
  explicit Telling(Script script, std::int32_t target = no_class)
      : script_(std::move(script)), target_(target) {}
  std::string_view name() const override { return "telling"; }
  std::vector<Setting> settings() const override { return {}; }

 private:
  Crafted perturb(Evaluator&, const Victims& victims, const AttackObserver& observer) const override {
    if (observer) script_(victims, observer);
    return {victims.images, {Effort{.target = target_}}};
  }
  Script script_;
  std::int32_t target_;
};

void tell(const AttackObserver& observer, const Tensor& images, const Tensor& logits) {
  const std::vector<Index> rows(static_cast<std::size_t>(images.rows()), 0);
  observer({.rows = rows, .images = images, .gradient = images, .logits = logits, .objective = {}});
}

Tensor logits_of(double first, Index rows = 1) {
  std::vector<double> values(static_cast<std::size_t>(10 * rows));
  values[0] = first;
  return Tensor::from_host(std::span<const double>(values), {rows, 10}, reference());
}

TEST_F(TraceTest, AnAttackThatStartsElsewhereHasTheCleanImageInFront) {
  const Trace trace = trace_attack(Telling([](const Victims& victims, const AttackObserver& observer) {
                                     tell(observer, 0.5 * victims.images, logits_of(1));
                                   }),
                                   evaluator, task);
  ASSERT_THAT(trace.steps, SizeIs(3));
  EXPECT_EQ(trace.first().image, task.images.to_host());
  EXPECT_THAT(trace.first().gradient, testing::IsEmpty());
  EXPECT_EQ(trace.steps[1].logits[0], 1);
  EXPECT_EQ(trace.first().logits, trace.last().logits) << "this attack changes nothing";
  EXPECT_EQ(step_word(0, trace), "original");
  EXPECT_EQ(step_word(1, trace), "start") << "no step led there";
  EXPECT_EQ(step_word(2, trace), "end (1)");
  EXPECT_THAT(to_csv(trace), testing::HasSubstr("\n-1,"));
  EXPECT_THAT(paths_csv(trace), testing::HasSubstr("\n-1,1,"));
}

TEST_F(TraceTest, WhatIsNotFiniteIsLeftOutAndNothingElse) {
  const Trace trace = trace_attack(Telling([](const Victims& victims, const AttackObserver& observer) {
                                     tell(observer, 0.5 * victims.images, logits_of(1));
                                     tell(observer, 0.25 * victims.images,
                                          logits_of(std::numeric_limits<double>::quiet_NaN()));
                                     tell(observer, 0.125 * victims.images, logits_of(2));
                                   }),
                                   evaluator, task);
  ASSERT_THAT(trace.steps, SizeIs(4));
  EXPECT_EQ(trace.steps[1].logits[0], 1);
  EXPECT_EQ(trace.steps[2].logits[0], 2);
  EXPECT_EQ(trace.last().image, task.images.to_host());
}

/// Breaks where a pixel is not what it was.
class Brittle : public Module {
 public:
  Brittle(const Module& inner, std::vector<float> image)
      : Module("brittle"), inner_(inner), image_(std::move(image)) {}
  std::unique_ptr<Module> clone() const override { return std::make_unique<Brittle>(inner_, image_); }

 private:
  Var forward(const Var& x) const override {
    const Var z = inner_(x);
    if (x.value().to_host() == image_) return z;
    const Tensor nothing = std::numeric_limits<double>::quiet_NaN() * z.value();
    return z.tape().record("break", {z}, nothing, [](const Tensor& dy, Cotangents& d) { d.add(0, dy); });
  }
  const Module& inner_;
  std::vector<float> image_;
};

TEST_F(TraceTest, AnAttackThatBreaksTheNetworkIsToldUpToThere) {
  const Brittle brittle(evaluator.module(), task.images.to_host());
  Evaluator breaking(brittle, reference());
  const Trace trace = trace_attack(*make_attack("igsm"), breaking, task);
  EXPECT_EQ(trace.record.status, AttackStatus::fail_nan);
  ASSERT_THAT(trace.steps, SizeIs(1));
  EXPECT_EQ(trace.last().image, task.images.to_host());
  EXPECT_THAT(trace.last().gradient, testing::Not(testing::IsEmpty()));
  EXPECT_THAT(trace_page(trace, synthetic_heading()),
              HasSubstr("Then the network's answer was not a number, so the attack failed."));
}

TEST_F(TraceTest, AnImageThatTheAttackAskedAboutLastIsNotToldTwice) {
  const Trace trace = trace_attack(Telling([](const Victims& victims, const AttackObserver& observer) {
                                     tell(observer, victims.images, logits_of(1));
                                   }),
                                   evaluator, task);
  ASSERT_THAT(trace.steps, SizeIs(1));
  EXPECT_THAT(trace.last().gradient, testing::Not(testing::IsEmpty()));
  EXPECT_EQ(trace.last().logits, evaluator.logits(task.images).to_host_double()) << "the judge's word counts";
  EXPECT_THAT(trace_page(trace, synthetic_heading()), testing::Not(HasSubstr("nan")));
}

TEST_F(TraceTest, ARaceOfTargetsIsToldAsItsWinners) {
  const std::int32_t winner = (label + 3) % 10;
  const auto script = [&](const Victims& victims, const AttackObserver& observer) {
    const Tensor moved = 0.5 * victims.images;
    if (victims.targeted()) {
      EXPECT_THAT(victims.targets, ElementsAre(winner));
      tell(observer, moved, logits_of(7));
    } else {
      tell(observer, concatenate(std::vector<Tensor>{moved, moved}), logits_of(1, 2));
    }
  };
  const Trace trace = trace_attack(Telling(script, winner), evaluator, task);
  EXPECT_EQ(trace.record.target, winner);
  ASSERT_THAT(trace.steps, SizeIs(3));
  EXPECT_EQ(trace.steps[1].logits[0], 7);
  EXPECT_THROW(trace_attack(Telling(script), evaluator, task), Error) << "a race that nobody won";
}

/// Every attack of the registry, on a real network: what is told is what happens when nobody watches.
TEST_F(TraceTest, EveryAttackCanBeWatched) {
  for (const std::string& name : attack_names()) {
    SCOPED_TRACE(name);
    const OptionTexts brief = name == "cw" ? OptionTexts{{"iterations", "20"}} : OptionTexts{};
    const auto attack = make_attack(name, brief);
    const Trace trace = trace_attack(*attack, evaluator, task);
    const Outcome unwatched = (*attack)(evaluator, task);
    EXPECT_EQ(trace.first().image, task.images.to_host());
    EXPECT_EQ(trace.last().image, unwatched.images.to_host());
    EXPECT_EQ(to_csv(trace.record), to_csv(unwatched.records[0]));
    for (const TraceStep& step : trace.steps) EXPECT_THAT(step.logits, SizeIs(10));
    EXPECT_EQ(name == "jsma", trace.steps[0].chosen.first >= 0);
    TraceHeading heading = synthetic_heading();
    heading.attack = name;
    EXPECT_FALSE(trace_page(trace, heading).empty());
  }
}

TEST(TellingSteps, HoldTheFirstTheLastAndTheCrossing) {
  for (const Index steps : {1, 2, 3, 4, 39, 40, 41, 90, 5000})
    for (const Index fooled : {Index{1}, steps / 2 + 1, steps, steps + 10}) {
      SCOPED_TRACE(fmt::format("{} steps, fooled from {}", steps, fooled));
      Trace trace{.record = {.label = 0}};
      for (Index i = 0; i <= steps; ++i)
        trace.steps.push_back({.image = {}, .logits = {i < fooled ? 1.0 : -1.0, 0.0}});
      const std::vector<Index> told = telling_steps(trace, 40);
      EXPECT_EQ(static_cast<Index>(told.size()), std::min<Index>(steps + 1, 40));
      EXPECT_EQ(std::ranges::adjacent_find(told, std::greater_equal{}), told.end())
          << "ascending, none twice";
      EXPECT_EQ(told.front(), 0);
      EXPECT_EQ(told.back(), steps);
      if (fooled <= steps) {
        EXPECT_THAT(told, testing::IsSupersetOf({fooled - 1, fooled}));
      }
    }
}

TEST(TellingSteps, SpreadEvenly) {
  Trace trace{.record = {.label = 0}};
  for (Index i = 0; i <= 1000; ++i) trace.steps.push_back({.image = {}, .logits = {1.0, 0.0}});
  const std::vector<Index> told = telling_steps(trace, 11);
  for (std::size_t i = 1; i < told.size(); ++i) {
    EXPECT_NEAR(static_cast<double>(told[i] - told[i - 1]), 100, 2);
  }
}

TEST(TraceTable, NamesTheChosenPair) {
  const std::vector<Row> rows = rows_of_csv(to_csv(synthetic_trace({.steps = 2, .pairs = true})));
  EXPECT_EQ(rows[1].at("chosen_first"), "97");
  EXPECT_EQ(rows[1].at("chosen_second"), "1130");
  EXPECT_EQ(rows[2].at("chosen_first"), "") << "the last image has no next step";
}

}  // namespace
}  // namespace weir
