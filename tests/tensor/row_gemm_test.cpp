/// The blocked matrix product: the bits of the naive one, whatever the shape, the order of the operands and
/// the threads.
#include "tensor/vendors/row_gemm.h"

#include <gtest/gtest.h>
#include <omp.h>

#include "tests/support/data.h"

namespace weir {
namespace {

template <class Real>
std::vector<Real> some(Index count, std::uint64_t seed) {
  const Values values = deviates(count, {.seed = seed});
  return {values.begin(), values.end()};
}

/// Below, at and above a register and four of them, of floats and of doubles.
constexpr Index widths[] = {1, 7, 8, 9, 15, 16, 17, 31, 33, 63, 64, 65, 130};

template <class Real>
void expect_naive_bits(GemmCall call) {
  const std::vector<Real> a = some<Real>(call.m * call.k, 1), b = some<Real>(call.k * call.n, 2);
  std::vector<Real> found = some<Real>(call.m * call.n, 3), expected = found;
  call.a = a.data();
  call.b = b.data();
  call.c = found.data();
  row_gemm<Real>(call);
  call.c = expected.data();
  naive_gemm<Real>(call);
  EXPECT_EQ(found, expected) << call.m << " x " << call.n << " x " << call.k;
}

template <class Real>
void expect_naive_bits_of_every_order(Index m, Index n, Index k) {
  using Operand = GemmCall::Operand;
  using Result = GemmCall::Result;
  for (const Operand a_is : {Operand::plain, Operand::transposed})
    for (const Operand b_is : {Operand::plain, Operand::transposed})
      for (const Result result : {Result::overwrite, Result::accumulate})
        expect_naive_bits<Real>({.a_is = a_is, .b_is = b_is, .m = m, .n = n, .k = k, .result = result});
}

TEST(RowGemm, HasTheBitsOfTheNaiveProduct) {
  for (const Index n : widths)
    for (const Index k : widths) {
      expect_naive_bits_of_every_order<float>(5, n, k);
      expect_naive_bits_of_every_order<double>(5, n, k);
    }
  for (const Index m : {1, 3, 4, 32, 33}) expect_naive_bits_of_every_order<float>(m, 65, 33);
}

TEST(RowGemm, HasThemWithThreads) {
  const int before = omp_get_max_threads();
  for (const int threads : {1, 2, 3}) {
    omp_set_num_threads(threads);
    expect_naive_bits_of_every_order<float>(3, 450, 300);  // of B, more than the fewest values for threads
  }
  omp_set_num_threads(before);
}

}  // namespace
}  // namespace weir
