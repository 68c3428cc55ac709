/// The launchers: every index exactly once on every executor, reductions with equal bits, monoids that are
/// monoids.
#include "tensor/kernels/launch.h"

#include <algorithm>
#include <gtest/gtest.h>
#include <limits>

#include "tensor/kernels/monoids.h"
#include "tests/support/data.h"
#include "tests/support/devices.h"
#include "tests/support/sizes.h"

namespace weir {
namespace {

class LaunchOn : public testing::TestWithParam<std::string>, protected DeviceTest {
 protected:
  void SetUp() override { set_device(GetParam()); }
};

INSTANTIATE_TEST_SUITE_P(Devices, LaunchOn, testing::ValuesIn(device_names()), device_test_name);

struct CountVisit {
  std::int32_t* visits;
  WEIR_HD void operator()(Index i) const { ++visits[i]; }
};

TEST_P(LaunchOn, EachIndexIsVisitedExactlyOnceAndNoOther) {
  std::vector<Index> counts(sizes_that_bite.begin(), sizes_that_bite.end());
  counts.insert(counts.end(), {smallest_parallel_count, 3 * smallest_parallel_count + 1});
  for (const Index count : counts) {
    constexpr Index margin = 64;
    const std::vector<std::int32_t> zeros(static_cast<std::size_t>(count + margin), 0);
    const Buffer visits(device().pool(), zeros.size() * sizeof(std::int32_t));
    device().memory().copy_from_host(visits.data(), zeros.data(), visits.bytes());
    for_each_index(device(), count, CountVisit{static_cast<std::int32_t*>(visits.data())});
    std::vector<std::int32_t> found(zeros.size());
    device().memory().copy_to_host(found.data(), visits.data(), visits.bytes());
    std::vector<std::int32_t> expected(static_cast<std::size_t>(count), 1);
    expected.resize(zeros.size(), 0);
    EXPECT_EQ(found, expected) << count << " indices";
  }
}

/// A grid that hands out indices in their order would hide a kernel that leans on its neighbour.
TEST(EmulatedGrid, VisitsInAShuffledOrder) {
  std::vector<Index> order;
  emulate::for_each_index(1000, [&order](Index i) { order.push_back(i); });
  EXPECT_FALSE(std::is_sorted(order.begin(), order.end()));
  Index neighbours = 0;
  for (std::size_t i = 1; i < order.size(); ++i) neighbours += std::abs(order[i] - order[i - 1]) == 1;
  EXPECT_LT(neighbours, 100);
}

struct Items {
  Index columns;
  const float* x;
  WEIR_HD float operator()(Index row, Index k) const { return x[row * columns + k]; }
};

template <class Monoid>
Tensor reduced(const Tensor& x) {
  Tensor result = Tensor::uninitialised({x.rows()}, x.device());
  reduce_rows<Monoid>(x.device(), {x.rows(), x.shape()[1]}, Items{x.shape()[1], x.read<float>()},
                      result.overwrite<float>());
  return result;
}

TEST_P(LaunchOn, ReductionsHaveTheBitsOfTheReference) {
  for (const Index items : sizes_that_bite)
    for (const Index rows : {1, 33}) {
      const Values values = floats(rows * items, {-3, 5}, {.seed = 4});
      const Tensor here = tensor_of(values, {rows, items}, Device::reference());
      const Tensor there = tensor_of(values, {rows, items}, device());
      EXPECT_TRUE(same_bits(reduced<Sum<float>>(there), reduced<Sum<float>>(here))) << items << " items";
      EXPECT_TRUE(same_bits(reduced<Max<float>>(there), reduced<Max<float>>(here))) << items << " items";
      const Tensor found = reduced<LogSumExp<float>>(there), expected = reduced<LogSumExp<float>>(here);
      if (device().executor() == Executor::cuda) {  // whose exponential is another than the C library's
        const Values values_of = expected.to_host_double();
        EXPECT_TRUE(within(found.to_host_double(), values_of, exponential_tolerance(values_of)))
            << items << " items";
      } else {
        EXPECT_TRUE(same_bits(found, expected)) << items << " items";
      }
    }
}

TEST_P(LaunchOn, ReductionsAreRight) {
  for (const Index items : sizes_that_bite) {
    const Values whole = whole_numbers(items, -9, 9, {.seed = 6});
    double sum = 0, largest = -std::numeric_limits<double>::infinity(), exponentials = 0;
    for (const double value : whole) {
      sum += value;
      largest = std::max(largest, value);
      exponentials += std::exp(value);
    }
    const Tensor x = tensor_of(whole, {1, items}, device());
    EXPECT_EQ(reduced<Sum<float>>(x).item(), sum);
    EXPECT_EQ(reduced<Max<float>>(x).item(), largest);
    if (items > 0)
      EXPECT_NEAR(reduced<LogSumExp<float>>(x).item(), std::log(exponentials),
                  4e-6 * std::abs(std::log(exponentials)) + 1e-6);
    else
      EXPECT_EQ(reduced<LogSumExp<float>>(x).item(), -std::numeric_limits<double>::infinity());
  }
}

constexpr double infinite = std::numeric_limits<double>::infinity();
constexpr double samples[] = {-infinite, -745, -1.5, 0, 1e-300, 0.7, 709, infinite};

template <class Monoid>
double folded(std::initializer_list<double> values) {
  typename Monoid::State state = Monoid::identity();
  for (const double value : values) state = Monoid::absorb(state, value);
  return Monoid::finish(state);
}

template <class Monoid>
class MonoidLaws : public testing::Test {};

struct SumLaws : Sum<double> {};
struct MaxLaws : Max<double> {};
struct LogSumExpLaws : LogSumExp<double> {};
using Monoids = testing::Types<SumLaws, MaxLaws, LogSumExpLaws>;
TYPED_TEST_SUITE(MonoidLaws, Monoids);

template <class Monoid>
typename Monoid::State state_of(double value) {
  return Monoid::absorb(Monoid::identity(), value);
}

TYPED_TEST(MonoidLaws, IdentityIsNeutralOnBothSides) {
  using M = TypeParam;
  for (const double value : samples) {
    const double alone = M::finish(state_of<M>(value));
    EXPECT_EQ(M::finish(M::merge(state_of<M>(value), M::identity())), alone) << value;
    EXPECT_EQ(M::finish(M::merge(M::identity(), state_of<M>(value))), alone) << value;
  }
}

TYPED_TEST(MonoidLaws, MergeIsAssociativeUpToRounding) {
  using M = TypeParam;
  for (const double a : samples)
    for (const double b : samples)
      for (const double c : samples) {
        const double left = M::finish(M::merge(M::merge(state_of<M>(a), state_of<M>(b)), state_of<M>(c)));
        const double right = M::finish(M::merge(state_of<M>(a), M::merge(state_of<M>(b), state_of<M>(c))));
        if (std::isnan(left) || left == right) {
          EXPECT_EQ(std::isnan(left), std::isnan(right)) << a << ' ' << b << ' ' << c;
          continue;
        }
        EXPECT_NEAR(left, right, 4e-16 * (std::abs(a) + std::abs(b) + std::abs(c)))
            << a << ' ' << b << ' ' << c;
      }
}

TYPED_TEST(MonoidLaws, NothingHidesANumberThatIsNone) {
  using M = TypeParam;
  for (const double value : samples) {
    EXPECT_TRUE(std::isnan(folded<M>({value, NAN}))) << value;
    EXPECT_TRUE(std::isnan(folded<M>({NAN, value}))) << value;
    EXPECT_TRUE(std::isnan(M::finish(M::merge(state_of<M>(NAN), state_of<M>(value))))) << value;
    EXPECT_TRUE(std::isnan(M::finish(M::merge(state_of<M>(value), state_of<M>(NAN))))) << value;
  }
}

}  // namespace
}  // namespace weir
