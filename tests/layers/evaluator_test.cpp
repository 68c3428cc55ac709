/// Decision 1 of docs/architecture.md: an image's logits and input gradients have the same bits alone, in any
/// batch, at any row and for any thread count; training gradients for any thread count.
#include "layers/evaluator.h"

#include <algorithm>
#include <atomic>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "autograd/functions.h"
#include "layers/init.h"
#include "models/registry.h"
#include "tensor/vendors/vendors.h"
#include "tests/layers/networks.h"
#include "tests/support/devices.h"

namespace weir {
namespace {

class EvaluatorOn : public testing::TestWithParam<std::string>, protected DeviceTest {
 protected:
  void SetUp() override { set_device(GetParam()); }
};

INSTANTIATE_TEST_SUITE_P(Devices, EvaluatorOn, testing::Values("reference", "onednn"), device_test_name);

/// Rows [first, first + count) of an answer, as the answer about those rows alone.
Answer rows_of(const Answer& answer, Index first, Index count) {
  const Shape& shape = answer.gradients.shape();
  const Index cotangents = shape[0], rows = shape[1];
  const Tensor flat = answer.gradients.reshaped({cotangents * rows, shape[2], shape[3], shape[4]});
  std::vector<Tensor> slices;
  for (Index k = 0; k < cotangents; ++k) slices.push_back(flat.batch_slice(k * rows + first, count));
  return {answer.logits.batch_slice(first, count),
          concatenate(slices).reshaped({cotangents, count, shape[2], shape[3], shape[4]})};
}

testing::AssertionResult same_answer(const Answer& found, const Answer& expected) {
  const auto logits = same_bits(found.logits, expected.logits);
  if (!logits) return testing::AssertionFailure() << "logits, " << logits.message();
  const auto gradients = same_bits(found.gradients, expected.gradients);
  return gradients ? gradients : testing::AssertionFailure() << "gradients, " << gradients.message();
}

struct Batch {
  Index first, count;
};

void expect_equal_bits(const Module& network, const Tensor& images, std::initializer_list<Batch> batches) {
  Evaluator evaluator(network, images.device());
  const ThreadBudget one(1);
  const Answer all = evaluator.query(images, two_cotangents, 2);
  for (const int threads : {1, 2, 3})
    for (const Batch& batch : batches) {
      const ThreadBudget budget(threads);
      const Tensor some = images.batch_slice(batch.first, batch.count);
      const Answer expected = rows_of(all, batch.first, batch.count);
      SCOPED_TRACE(
          fmt::format("rows [{}, {}) with {} threads", batch.first, batch.first + batch.count, threads));
      EXPECT_TRUE(same_answer(evaluator.query(some, two_cotangents, 2), expected));
      EXPECT_TRUE(same_bits(evaluator.logits(some), expected.logits)) << "without gradients";
    }
}

TEST_P(EvaluatorOn, AnImageGetsTheSameBitsAloneAndInAnyBatch) {
  for (const Norming norming : {Norming::none, Norming::before_activation}) {
    const Sequential network = small_network(device(), norming);
    expect_equal_bits(
        network, random_images({129, 3, 12, 12}, 5, device()),
        {{0, 129}, {0, 1}, {31, 1}, {32, 1}, {128, 1}, {3, 7}, {29, 7}, {50, 16}, {100, 16}, {1, 128}});
  }
}

/// Whole feature maps, where a library has room to choose another algorithm or to cut a layer between
/// threads.
TEST_P(EvaluatorOn, AnImageOfTheStudyGetsTheSameBitsAloneAndInAnyBatch) {
  if (device().name() != "onednn") GTEST_SKIP() << "minutes on reference, which has one algorithm";
  const auto network = build(good_init(), device());
  const Tensor images = random_images({35, 3, 32, 32}, 6, device());
  initialise_lsuv(*network, images, {}, {.seed = 8});
  expect_equal_bits(*network, images, {{0, 35}, {0, 1}, {33, 1}, {5, 7}, {30, 5}, {2, 16}});
}

TEST_P(EvaluatorOn, UnderFastNumericsTheThreadsDoNotMatter) {
  if (device().name() != "onednn") GTEST_SKIP() << "minutes on reference, which has one algorithm";
  const auto network = build(good_init(), device());
  const Tensor images = random_images({40, 3, 32, 32}, 6, device());
  initialise_lsuv(*network, images, {}, {.seed = 8});
  Evaluator fast(*network, device(), Numerics::fast), exact(*network, device());
  for (const Index count : {1, 4, 5, 9, 17, 32, 40}) {
    SCOPED_TRACE(fmt::format("{} images", count));
    const Tensor some = images.batch_slice(0, count);
    std::vector<Answer> answers;
    for (const int threads : {1, 2, 3}) {
      const ThreadBudget budget(threads);
      answers.push_back(fast.query(some, two_cotangents, 2));
      EXPECT_TRUE(same_bits(fast.logits(some), answers.back().logits)) << "without gradients";
    }
    EXPECT_TRUE(same_answer(answers[1], answers[0]));
    EXPECT_TRUE(same_answer(answers[2], answers[0]));
    const Answer other = exact.query(some, two_cotangents, 2);
    EXPECT_TRUE(
        normalised_error_below(1e-10, answers[0].logits.to_host_double(), other.logits.to_host_double()));
    // Rounding turns a ReLU or the winner of a pool here and there, and the gradient of its image jumps.
    EXPECT_TRUE(normalised_error_below(1e-3, answers[0].gradients.to_host_double(),
                                       other.gradients.to_host_double()));
  }
}

TEST_P(EvaluatorOn, AnEmptyBatchHasAnEmptyAnswer) {
  const Sequential network = small_network(device());
  Evaluator evaluator(network, device());
  const Answer answer = evaluator.query(random_images({0, 3, 12, 12}, 1, device()), two_cotangents, 2);
  EXPECT_EQ(answer.logits.shape(), (Shape{0, 10}));
  EXPECT_EQ(answer.gradients.shape(), (Shape{2, 0, 3, 12, 12}));
}

TEST_P(EvaluatorOn, GradientsAreThoseOfABareTape) {
  const Sequential network = small_network(device());
  const Tensor images = random_images({3, 3, 12, 12}, 2, device());
  Evaluator evaluator(network, device());
  const Answer answer = evaluator.query(images, two_cotangents, 2);
  Tape tape({.record = Record::for_input});
  const Var x = tape.input(images, "images");
  const Var y = network(x);
  const Tensor logits = y.value().in(Layout::plain);
  const Tensor gradient = tape.backward(y, two_cotangents(logits, {}))[x];
  EXPECT_TRUE(same_bits(answer.logits, logits));
  EXPECT_TRUE(same_bits(answer.gradients.reshaped({6, 3, 12, 12}), gradient));
}

TEST_P(EvaluatorOn, CountsImagePasses) {
  const Sequential network = small_network(device());
  Evaluator evaluator(network, device());
  const Tensor images = random_images({40, 3, 12, 12}, 2, device());
  evaluator.logits(images);
  EXPECT_EQ(evaluator.counted().forwards, 40);
  EXPECT_EQ(evaluator.counted().backwards, 0);
  evaluator.query(images, two_cotangents, 2);
  EXPECT_EQ(evaluator.counted().forwards, 80);
  EXPECT_EQ(evaluator.counted().backwards, 80);
}

TEST_P(EvaluatorOn, ASeedRuleOfTheWrongSizeIsRefused) {
  const Sequential network = small_network(device());
  Evaluator evaluator(network, device());
  EXPECT_THROW(evaluator.query(random_images({40, 3, 12, 12}, 2, device()), two_cotangents, 3), Error);
}

Labels some_labels(Index count, Device& device) {
  std::vector<std::int32_t> labels;
  for (Index i = 0; i < count; ++i) labels.push_back(static_cast<std::int32_t>(i * 7 % 10));
  return Labels::from_host(labels, device);
}

/// Gradients of the summed loss over a training batch, added in piece order, and the statistics of the first
/// piece.
struct Trained {
  Gradients gradients;
  std::vector<Tensor> statistics;
};

Trained trained(const Module& network, const Tensor& images) {
  Evaluator evaluator(network, images.device());
  const Labels labels = some_labels(images.rows(), images.device());
  std::vector<Gradients> pieces(static_cast<std::size_t>(pieces_on(images.device(), images.rows())));
  Trained result;
  evaluator.visit(images, {.mode = Mode::train, .rng = {.seed = 3}}, [&](Piece& piece) {
    const Var loss = cross_entropy(piece.output, labels.slice(piece.rows.first, piece.rows.count));
    pieces[static_cast<std::size_t>(piece.number)] = piece.tape.backward(loss);
    if (piece.number == 0)
      for (const Statistic& statistic : piece.tape.statistics()) result.statistics.push_back(statistic.value);
  });
  for (const Gradients& piece : pieces) result.gradients.add_parameters_of(piece);
  return result;
}

TEST_P(EvaluatorOn, TrainingGradientsHaveTheSameBitsForAnyThreadCount) {
  for (const Norming norming : {Norming::none, Norming::before_activation}) {
    const Sequential network = small_network(device(), norming);
    for (const Index rows : {1, 20, 70}) {
      if (rows == 1 && norming != Norming::none) continue;
      const Tensor images = random_images({rows, 3, 12, 12}, 4, device());
      const auto run = [&](int threads) {
        const ThreadBudget budget(threads);
        return trained(network, images);
      };
      const Trained one = run(1);
      for (const int threads : {2, 3}) {
        const Trained found = run(threads);
        network.for_each_parameter(Module::ConstVisitor([&](const Parameter& p) {
          EXPECT_TRUE(same_bits(found.gradients[p], one.gradients[p]))
              << p.name << ", " << threads << " threads";
        }));
        for (std::size_t i = 0; i < one.statistics.size(); ++i)
          EXPECT_TRUE(same_bits(found.statistics[i], one.statistics[i])) << "statistic " << i;
      }
    }
  }
}

TEST_P(EvaluatorOn, TrainingInPiecesIsTrainingOnTheBatch) {
  const Sequential network = small_network(device(), Norming::before_activation);
  const Tensor images = random_images({70, 3, 12, 12}, 4, device());
  const Trained pieces = trained(network, images);
  Tape tape(Mode::train);
  const Gradients whole =
      tape.backward(cross_entropy(network(tape.constant(images)), some_labels(70, device())));
  double largest = 0;  // of all tensors: a bias before batch norm has no gradient but rounding
  network.for_each_parameter(Module::ConstVisitor([&](const Parameter& p) {
    for (const double value : whole[p].to_host_double()) largest = std::max(largest, std::abs(value));
  }));
  // Sums of some 10,000 products, merged in another order: 1e-5 of the largest is 80 eps.
  network.for_each_parameter(Module::ConstVisitor([&](const Parameter& p) {
    const Values expected = whole[p].to_host_double();
    EXPECT_TRUE(
        within(pieces.gradients[p].to_host_double(), expected, Values(expected.size(), 1e-5 * largest)))
        << p.name;
  }));
  ASSERT_EQ(pieces.statistics.size(), tape.statistics().size());
  for (std::size_t i = 0; i < pieces.statistics.size(); ++i) {
    const Values expected = tape.statistics()[i].value.to_host_double();
    EXPECT_TRUE(within(pieces.statistics[i].to_host_double(), expected, Values(expected.size(), 1e-5)));
  }
}

TEST_P(EvaluatorOn, AVisitorMayAskTheEvaluatorItself) {
  const Sequential network = small_network(device());
  Evaluator evaluator(network, device());
  const Tensor images = random_images({40, 3, 12, 12}, 4, device());
  const Tensor expected = evaluator.logits(images);
  const ThreadBudget budget(2);
  std::vector<Tensor> inner(2);
  evaluator.visit(images, {}, [&](Piece& piece) {
    inner[static_cast<std::size_t>(piece.number)] = evaluator.logits(images);
  });
  for (const Tensor& logits : inner) EXPECT_TRUE(same_bits(logits, expected));
}

TEST_P(EvaluatorOn, OnePieceAloneCannotGoBackThroughTheNormOfABatch) {
  const Sequential network = small_network(device(), Norming::before_activation);
  Evaluator evaluator(network, device());
  EXPECT_THROW(evaluator.visit(random_images({70, 3, 12, 12}, 4, device()), {.mode = Mode::train},
                               [](Piece& piece) {
                                 if (piece.number == 0) piece.tape.backward(piece.output);
                               }),
               Error);
}

/// A piece that throws must not leave its cohort waiting, nor its error unheard.
TEST_P(EvaluatorOn, AnErrorInOnePieceComesHome) {
  const Sequential network = small_network(device(), Norming::before_activation);
  Evaluator evaluator(network, device());
  const Tensor images = random_images({100, 3, 12, 12}, 4, device());
  for (const Mode mode : {Mode::train, Mode::evaluate})
    EXPECT_THROW(evaluator.visit(images, {.mode = mode},
                                 [](Piece& piece) {
                                   if (piece.number == 2) throw std::out_of_range("piece 2");
                                   if (piece.tape.mode() == Mode::train) piece.tape.backward(piece.output);
                                 }),
                 std::out_of_range);
  EXPECT_EQ(evaluator.logits(images).rows(), 100) << "and the next question is answered";
}

// ---- when memory is full ----

/// The host's memory, with an end.
class SmallMemory : public Memory {
 public:
  explicit SmallMemory(std::size_t bytes) : left_(static_cast<std::ptrdiff_t>(bytes)) {}

  void* allocate(std::size_t bytes) override {
    left_ -= static_cast<std::ptrdiff_t>(bytes);
    if (left_ >= 0) return host_memory().allocate(bytes);
    left_ += static_cast<std::ptrdiff_t>(bytes);
    fail({.kind = ErrorKind::resource, .code = "E0610", .message = "full"});
  }
  void release(void* data, std::size_t bytes) noexcept override {
    left_ += static_cast<std::ptrdiff_t>(bytes);
    host_memory().release(data, bytes);
  }
  void copy_from_host(void* to, const void* from, std::size_t bytes) override {
    host_memory().copy_from_host(to, from, bytes);
  }
  void copy_to_host(void* to, const void* from, std::size_t bytes) override {
    host_memory().copy_to_host(to, from, bytes);
  }
  void copy(void* to, const void* from, std::size_t bytes) override { host_memory().copy(to, from, bytes); }
  void fill(void* to, int byte, std::size_t bytes) override { host_memory().fill(to, byte, bytes); }

 private:
  std::atomic<std::ptrdiff_t> left_;
};

/// One query of 32 images on a device with so much memory.
struct QueryInMemory {
  explicit QueryInMemory(std::size_t bytes)
      : memory(bytes), device("small", Executor::serial, memory, reference_vendor()) {
    device.set_listener([this](const Diagnosis& warning) { warnings.push_back(warning.code); });
    const Sequential network = small_network(device);
    Evaluator evaluator(network, device);
    const Answer found = evaluator.query(random_images({32, 3, 12, 12}, 6, device), two_cotangents, 2);
    answer = {found.logits.to(Device::reference()), found.gradients.to(Device::reference())};
    most = device.pool().statistics().bytes_from_system;
  }
  SmallMemory memory;
  Device device;
  std::vector<std::string> warnings;
  Answer answer;
  std::size_t most = 0;
};

TEST(EvaluatorWhenMemoryIsFull, HalvesItsPiecesOnceAndGivesTheSameBits) {
  const ThreadBudget one(1);
  const QueryInMemory roomy(std::size_t{1} << 32);
  EXPECT_THAT(roomy.warnings, testing::IsEmpty());
  std::vector<std::string> warnings;
  for (std::size_t left = 31; left > 8 && warnings.empty(); --left) {  // the pool's own thrift comes first
    const QueryInMemory tight(roomy.most * left / 32);
    EXPECT_TRUE(same_answer(tight.answer, roomy.answer));
    warnings = tight.warnings;
  }
  EXPECT_THAT(warnings, testing::ElementsAre("W0611"));
  EXPECT_THROW(QueryInMemory(roomy.most / 8), Error);
}

}  // namespace
}  // namespace weir
