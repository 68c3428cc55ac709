/// The oracle: naive loops, written to be read. Convolution is the formula of its docstring.
#include "tensor/vendors/row_gemm.h"
#include "tensor/vendors/vendors.h"

namespace weir {
namespace {

/// Calls f(n, k, c, r, s, p, h) for every row of products of a convolution whose input row h exists.
template <class F>
void for_each_row_of_products(const ConvGeometry& g, const F& f) {
  for (Index n = 0; n < g.images; ++n)
    for (Index k = 0; k < g.out_channels; ++k)
      for (Index c = 0; c < g.in_channels; ++c)
        for (Index r = 0; r < g.window_height; ++r)
          for (Index s = 0; s < g.window_width; ++s)
            for (Index p = 0; p < g.out_height; ++p) {
              const Index h = p * g.stride + r - g.padding;
              if (h >= 0 && h < g.height) f(n, k, c, r, s, p, h);
            }
}

/// Where the pieces of one row of products lie: y row (n,k,p), x row (n,c,h), weight (k,c,r,s).
struct Rows {
  const ConvGeometry& g;
  Index y(Index n, Index k, Index p) const {
    return ((n * g.out_channels + k) * g.out_height + p) * g.out_width;
  }
  Index x(Index n, Index c, Index h) const { return ((n * g.in_channels + c) * g.height + h) * g.width; }
  Index weight(Index k, Index c, Index r, Index s) const {
    return ((k * g.in_channels + c) * g.window_height + r) * g.window_width + s;
  }
  Index column(Index q, Index s) const { return q * g.stride + s - g.padding; }
  bool inside(Index w) const { return w >= 0 && w < g.width; }
};

template <class Real>
void forward(const ConvCall& call) {
  const ConvGeometry& g = call.geometry;
  const Rows at{g};
  const auto* x = static_cast<const Real*>(call.x);
  const auto* weight = static_cast<const Real*>(call.weight);
  const auto* bias = static_cast<const Real*>(call.bias);
  auto* y = static_cast<Real*>(call.y);
  const Index pixels = g.out_height * g.out_width;
  for (Index map = 0; map < g.images * g.out_channels; ++map)
    for (Index i = 0; i < pixels; ++i) y[map * pixels + i] = bias ? bias[map % g.out_channels] : Real(0);
  for_each_row_of_products(g, [&](Index n, Index k, Index c, Index r, Index s, Index p, Index h) {
    const Real w = weight[at.weight(k, c, r, s)];
    const Real* in = x + at.x(n, c, h);
    Real* out = y + at.y(n, k, p);
    for (Index q = 0; q < g.out_width; ++q)
      if (at.inside(at.column(q, s))) out[q] += w * in[at.column(q, s)];
  });
  if (call.activation == Activation::relu)
    for (Index i = 0; i < g.images * g.out_channels * pixels; ++i) y[i] = y[i] < 0 ? Real(0) : y[i];
}

template <class Real>
void input_gradient(const ConvCall& call) {
  const ConvGeometry& g = call.geometry;
  const Rows at{g};
  const auto* dy = static_cast<const Real*>(call.dy);
  const auto* weight = static_cast<const Real*>(call.weight);
  auto* dx = static_cast<Real*>(call.dx);
  for (Index i = 0; i < g.images * g.in_channels * g.height * g.width; ++i) dx[i] = 0;
  for_each_row_of_products(g, [&](Index n, Index k, Index c, Index r, Index s, Index p, Index h) {
    const Real w = weight[at.weight(k, c, r, s)];
    const Real* out = dy + at.y(n, k, p);
    Real* in = dx + at.x(n, c, h);
    for (Index q = 0; q < g.out_width; ++q)
      if (at.inside(at.column(q, s))) in[at.column(q, s)] += w * out[q];
  });
}

template <class Real>
void weight_gradient(const ConvCall& call) {
  const ConvGeometry& g = call.geometry;
  const Rows at{g};
  const auto* x = static_cast<const Real*>(call.x);
  const auto* dy = static_cast<const Real*>(call.dy);
  auto* dweight = static_cast<Real*>(call.dweight);
  auto* dbias = static_cast<Real*>(call.dbias);
  const Index weights = g.out_channels * g.in_channels * g.window_height * g.window_width;
  for (Index i = 0; i < weights; ++i) dweight[i] = 0;
  for_each_row_of_products(g, [&](Index n, Index k, Index c, Index r, Index s, Index p, Index h) {
    const Real* in = x + at.x(n, c, h);
    const Real* out = dy + at.y(n, k, p);
    Real sum = 0;
    for (Index q = 0; q < g.out_width; ++q)
      if (at.inside(at.column(q, s))) sum += out[q] * in[at.column(q, s)];
    dweight[at.weight(k, c, r, s)] += sum;
  });
  if (!dbias) return;
  const Index pixels = g.out_height * g.out_width;
  for (Index k = 0; k < g.out_channels; ++k) dbias[k] = 0;
  for (Index map = 0; map < g.images * g.out_channels; ++map)
    for (Index i = 0; i < pixels; ++i) dbias[map % g.out_channels] += dy[map * pixels + i];
}

class PlainLoops : public Vendor {
 public:
  std::string_view name() const override { return "plain loops"; }
  void gemm(const GemmCall& call) override {
    with_real(call.dtype, [&](auto zero) { naive_gemm<decltype(zero)>(call); });
  }
};

class Reference : public PlainLoops {
 public:
  std::string_view name() const override { return "reference loops"; }
  bool conv2d(const ConvCall& call) override {
    return run(call, [&](auto zero) { forward<decltype(zero)>(call); });
  }
  bool conv2d_input_gradient(const ConvCall& call) override {
    return run(call, [&](auto zero) { input_gradient<decltype(zero)>(call); });
  }
  bool conv2d_weight_gradient(const ConvCall& call) override {
    return run(call, [&](auto zero) { weight_gradient<decltype(zero)>(call); });
  }

 private:
  template <class F>
  bool run(const ConvCall& call, const F& f) {
    if (call.dtype == DType::bf16) return false;
    ensures(call.x_layout == Layout::plain && call.y_layout == Layout::plain,
            "the reference loops know one layout");
    with_real(call.dtype, f);
    return true;
  }
};

}  // namespace

std::unique_ptr<Vendor> reference_vendor() { return std::make_unique<Reference>(); }
std::unique_ptr<Vendor> plain_loops_vendor() { return std::make_unique<PlainLoops>(); }

}  // namespace weir
