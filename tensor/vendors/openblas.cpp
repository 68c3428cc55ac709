/// Matrix products by OpenBLAS; convolutions go through im2col. The library is loaded when it is first
/// needed, not linked: it chooses its kernels while it is loaded, from a table that does not know CPUs
/// younger than itself (0.3.21 runs AVX2 kernels on an AVX-512 CPU of today, at half the speed), so it must
/// be told before.
#ifdef WEIR_WITH_OPENBLAS

#include <cblas.h>
#include <cstdlib>
#include <dlfcn.h>
#include <limits>

#include "tensor/vendors/row_gemm.h"
#include "tensor/vendors/vendors.h"

namespace weir {
namespace {

/// Called before the library is loaded and before there are threads; what the user has set stays.
void choose_kernels() {
  const bool has_avx512 = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
                          __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl");
  if (has_avx512) ::setenv("OPENBLAS_CORETYPE", "SkylakeX", 0);
  ::setenv("OPENBLAS_NUM_THREADS", "1", 0);  // pieces are what runs in parallel
}

/// The routines that we use, by the types of its own header.
struct Library {
  decltype(&cblas_sgemm) sgemm;
  decltype(&cblas_dgemm) dgemm;
  decltype(&openblas_get_config) config;
  decltype(&openblas_get_corename) core_name;
};

template <class Routine>
void find(void* library, const char* name, Routine& routine) {
  routine = reinterpret_cast<Routine>(::dlsym(library, name));
  if (!routine)
    fail({.kind = ErrorKind::unavailable,
          .code = "E0705",
          .message = fmt::format("the OpenBLAS that was found has no `{}`", name)});
}

Library load() {
  void* library = ::dlopen("libopenblas.so.0", RTLD_NOW | RTLD_LOCAL);
  if (!library) library = ::dlopen(WEIR_OPENBLAS_LIBRARY, RTLD_NOW | RTLD_LOCAL);
  if (!library)
    fail({.kind = ErrorKind::unavailable,
          .code = "E0705",
          .message = "OpenBLAS, with which this build was made, cannot be loaded",
          .note = ::dlerror(),
          .help = "install it again (Debian: libopenblas0-pthread), or take another `--device`"});
  Library found{};
  decltype(&openblas_set_num_threads) set_threads = nullptr;
  find(library, "cblas_sgemm", found.sgemm);
  find(library, "cblas_dgemm", found.dgemm);
  find(library, "openblas_get_config", found.config);
  find(library, "openblas_get_corename", found.core_name);
  find(library, "openblas_set_num_threads", set_threads);
  set_threads(1);
  return found;
}

const Library& openblas() {
  static const Library library = load();
  return library;
}

blasint extent(Index value) {
  expects(value <= std::numeric_limits<blasint>::max(), "a matrix extent of {} is too large for OpenBLAS",
          value);
  return static_cast<blasint>(value);
}

template <class Real, class Routine>
void multiply(const GemmCall& call, Routine* gemm) {
  using Operand = GemmCall::Operand;
  const bool a_transposed = call.a_is == Operand::transposed, b_transposed = call.b_is == Operand::transposed;
  const Real keep = call.result == GemmCall::Result::accumulate ? 1 : 0;
  gemm(CblasRowMajor, a_transposed ? CblasTrans : CblasNoTrans, b_transposed ? CblasTrans : CblasNoTrans,
       extent(call.m), extent(call.n), extent(call.k), Real{1}, static_cast<const Real*>(call.a),
       extent(a_transposed ? call.m : call.k), static_cast<const Real*>(call.b),
       extent(b_transposed ? call.k : call.n), keep, static_cast<Real*>(call.c), extent(call.n));
}

class OpenBlas : public Vendor {
 public:
  OpenBlas() { choose_kernels(); }
  std::string_view name() const override { return "OpenBLAS"; }

  std::string description() const override {
    const std::string_view config = openblas().config();  // "OpenBLAS 0.3.21 NO_AFFINITY USE64BITINT ..."
    const std::size_t version_end = config.find(' ', config.find(' ') + 1);
    return fmt::format("{} ({} kernels)", config.substr(0, version_end), openblas().core_name());
  }

  void gemm(const GemmCall& call) override {
    if (call.m == 0 || call.n == 0) return;
    // Its kernels for the last rows of a matrix round otherwise than those for the others.
    const bool rows_are_alone = call.rows_are == GemmCall::Rows::images && call.numerics == Numerics::exact;
    if (rows_are_alone || call.k == 0)
      with_real(call.dtype, [&](auto zero) { row_gemm<decltype(zero)>(call); });
    else if (call.dtype == DType::f64)
      multiply<double>(call, openblas().dgemm);
    else
      multiply<float>(call, openblas().sgemm);
  }
};

}  // namespace

std::unique_ptr<Vendor> openblas_vendor() { return std::make_unique<OpenBlas>(); }

}  // namespace weir

#endif
