#include "apps/benchmark/peak.h"

#include <cmath>

#include "tensor/workers.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace weir {
namespace {

// A multiply-add takes 4 or 5 cycles and two start in each: ten sums that do not wait for one another fill
// the units, and twelve still fit into 16 registers.
constexpr int chains = 12;
constexpr Index rounds = 1 << 21;  // some 5 ms: far above what waking the threads takes
constexpr float factor = 0.5f,
                summand = 0.5f;  // all sums converge to 1: none overflows, none becomes denormal

#if defined(__x86_64__)
constexpr int widest_lanes = 16;
bool has_widest() { return __builtin_cpu_supports("avx512f"); }

[[gnu::target("avx512f")]] float multiply_add_widest() {
  __m512 sums[chains];
  for (int c = 0; c < chains; ++c) sums[c] = _mm512_set1_ps(static_cast<float>(c));
  const __m512 a = _mm512_set1_ps(factor), b = _mm512_set1_ps(summand);
  for (Index i = 0; i < rounds; ++i)
    for (__m512& sum : sums) sum = _mm512_fmadd_ps(sum, a, b);
  float total = 0;
  for (const __m512& sum : sums) total += _mm512_cvtss_f32(sum);
  return total;
}
#else
constexpr int widest_lanes = 4;
bool has_widest() { return false; }
float multiply_add_widest() { return 0; }
#endif

/// The registers that this build is compiled for; the compiler turns the lanes into one.
constexpr int lanes = 8;
float multiply_add() {
  float sums[chains][lanes];
  for (int c = 0; c < chains; ++c)
    for (float& lane : sums[c]) lane = static_cast<float>(c);
  for (Index i = 0; i < rounds; ++i)
    for (auto& sum : sums)
      for (float& lane : sum) lane = std::fma(lane, factor, summand);
  float total = 0;
  for (const auto& sum : sums)
    for (const float lane : sum) total += lane;
  return total;
}

}  // namespace

PeakKernel::PeakKernel() : threads_(thread_budget()) {}

void PeakKernel::run() const {
  run_pieces(threads_, [](Index) {
    const float total = has_widest() ? multiply_add_widest() : multiply_add();
    expects(total > 0, "sums that converge to 1 gave {}", total);  // so that no compiler leaves the loop out
  });
}

double PeakKernel::operations() const {
  return 2.0 * threads_ * rounds * chains * (has_widest() ? widest_lanes : lanes);
}

}  // namespace weir
