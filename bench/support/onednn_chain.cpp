#include "bench/support/onednn_chain.h"

#include <cmath>
#include <cstring>
#include <fmt/format.h>
#include <optional>
#include <unordered_map>

#include "apps/benchmark/bench_network.h"
#include "apps/benchmark/measure.h"
#include "tensor/vendors/onednn_compat.h"

namespace weir {
namespace {

using dnnl::memory;
using Type = memory::data_type;
using Format = memory::format_tag;
using Dims = memory::dims;

#if DNNL_VERSION_MAJOR >= 3
using PoolForward = dnnl::pooling_forward;
using PoolBackward = dnnl::pooling_backward;
#else
using PoolForward = dnnl::pooling_v2_forward;  // the one with dilation, which 3.x made the only one
using PoolBackward = dnnl::pooling_v2_backward;
#endif

const dnnl::engine& cpu() {
  static const dnnl::engine engine(dnnl::engine::kind::cpu, 0);
  return engine;
}

memory zeros(const memory::desc& desc) {
  memory result(desc, cpu());
  std::memset(result.get_data_handle(), 0, desc.get_size());
  return result;
}

/// A primitive with its arguments.
struct Step {
  dnnl::primitive primitive;
  std::unordered_map<int, memory> arguments;
  void run(const dnnl::stream& stream) const { primitive.execute(stream, arguments); }
};

Step reordered(const memory& from, const memory& to) {
  return {dnnl::reorder(from, to), {{DNNL_ARG_FROM, from}, {DNNL_ARG_TO, to}}};
}

/// ReLU's gradient from its output, in the place of the gradient that comes in.
Step relu_backward(const memory& y, const memory& dy) {
  constexpr auto forward_relu = dnnl::algorithm::eltwise_relu;
  constexpr auto from_output = dnnl::algorithm::eltwise_relu_use_dst_for_bwd;
  const memory::desc desc = y.get_desc();
#if DNNL_VERSION_MAJOR >= 3
  const dnnl::eltwise_forward::primitive_desc hint(cpu(), dnnl::prop_kind::forward_training, forward_relu,
                                                   desc, desc, 0.0f, 0.0f);
  const dnnl::eltwise_backward::primitive_desc pd(cpu(), from_output, desc, desc, desc, 0.0f, 0.0f, hint);
#else
  const dnnl::eltwise_forward::primitive_desc hint(
      {dnnl::prop_kind::forward_training, forward_relu, desc, 0.0f}, cpu());
  const dnnl::eltwise_backward::primitive_desc pd({from_output, desc, desc, 0.0f}, cpu(), hint);
#endif
  return {dnnl::eltwise_backward(pd), {{DNNL_ARG_DST, y}, {DNNL_ARG_DIFF_DST, dy}, {DNNL_ARG_DIFF_SRC, dy}}};
}

dnnl::primitive_attr with_relu(bool wanted) {
  dnnl::primitive_attr attributes;
  if (!wanted) return attributes;
  dnnl::post_ops operations;
  onednn_compat::append_relu(operations);
  attributes.set_post_ops(operations);
  return attributes;
}

/// The layers that have arithmetic, of one image.
struct Layer {
  LayerKind kind;
  bool relu = false;
  Index out = 0;            // channels or neurons
  Index size = 1;           // of the output map, which is square
  WindowSpec window = {};   // of convolutions and pools
  std::size_t weights = 0;  // number among the layers that have some
};

std::vector<Layer> layers_of(const Architecture& architecture) {
  std::vector<Layer> layers;
  std::size_t weighted = 0;
  for (const LayerRow& row : layer_table(architecture)) {
    const LayerKind kind = row.spec.kind;
    if (kind == LayerKind::dropout || kind == LayerKind::flatten)
      continue;  // inner products take maps as they are
    expects(kind == LayerKind::conv || kind == LayerKind::linear || kind == LayerKind::max_pool ||
                kind == LayerKind::global_max_pool,
            "the chain knows no {}", to_string(kind));
    Layer layer{.kind = kind, .relu = row.spec.activation == Activation::relu, .out = row.output[0]};
    if (row.output.rank() == 3) layer.size = row.output[1];
    if (kind == LayerKind::conv || kind == LayerKind::max_pool) layer.window = window_of(row.spec);
    if (kind == LayerKind::conv || kind == LayerKind::linear) layer.weights = weighted++;
    layers.push_back(layer);
  }
  return layers;
}

}  // namespace

class OneDnnChain::Primitives {
 public:
  Primitives(const std::vector<Layer>& layers, std::vector<ChainWeights>& weights, Index images,
             ChainKind kind)
      : kind_(kind),
        type_(kind == ChainKind::bf16 ? Type::bf16 : Type::f32),
        images_(images),
        stream_(cpu()) {
    // Matrix units take channels last; a convolution that found other maps would pass its layout on to the
    // rest.
    const memory::desc plain({images, 3, 32, 32}, type_,
                             kind == ChainKind::bf16 ? Format::nhwc : Format::nchw);
    pixels_ = zeros({{images, 3, 32, 32}, Type::f32, Format::nchw});
    y_.push_back(zeros(plain));
    const std::vector<float> noise = noise_images(images, Device::reference()).to_host();
    std::memcpy(pixels_.get_data_handle(), noise.data(), noise.size() * sizeof(float));
    run_once(reordered(pixels_, y_[0]));
    for (const Layer& layer : layers) add_forward(layer, weights);
    dlogits_ = zeros(y_.back().get_desc());
    seed_ = zeros({{images, y_.back().get_desc().dims()[1]}, Type::f32, Format::nc});
    memory dy = dlogits_;
    for (std::size_t i = layers.size(); i-- > 0;) dy = add_backward(layers[i], i, dy);
    dx_ = dy;
    stream_.wait();
  }

  void forward() { run(forward_); }
  void backward() { run(backward_); }
  void training_step() {
    run(pack_);
    run(forward_);
    run(training_);
  }

  std::vector<double> logits() { return values_of(y_.back(), Format::nc); }
  std::vector<double> input_gradient() {
    auto* seed = static_cast<float*>(seed_.get_data_handle());
    const Index classes = seed_.get_desc().dims()[1];
    for (Index n = 0; n < images_; ++n) seed[n * classes] = 1;
    run_once(reordered(seed_, dlogits_));
    forward();
    backward();
    return values_of(dx_, Format::nchw);
  }
  void add_gradient(std::size_t i, std::vector<float>& dweight, std::vector<float>& dbias) const {
    const auto add = [](const memory& from, std::vector<float>& to) {
      const auto* values = static_cast<const float*>(from.get_data_handle());
      for (std::size_t k = 0; k < to.size(); ++k) to[k] += values[k];
    };
    add(dweights_[i], dweight);
    add(dbiases_[i], dbias);
  }

 private:
  struct Hint {  // what a backward primitive asks of the forward one
    PoolForward::primitive_desc pool = {};
    dnnl::inner_product_forward::primitive_desc product = {};
    memory workspace = {};
  };

  void run(const std::vector<Step>& steps) {
    for (const Step& step : steps) step.run(stream_);
    stream_.wait();
  }
  void run_once(const Step& step) {
    step.run(stream_);
    stream_.wait();
  }

  std::vector<double> values_of(const memory& from, Format format) {
    const memory plain = zeros({from.get_desc().dims(), Type::f32, format});
    run_once(reordered(from, plain));
    const auto* values = static_cast<const float*>(plain.get_data_handle());
    return {values, values + plain.get_desc().get_size() / sizeof(float)};
  }

  memory::desc free_desc(const Dims& dims, Type type) const { return {dims, type, Format::any}; }

  std::vector<dnnl::algorithm> algorithms(Index channels) const {
    std::vector<dnnl::algorithm> result{dnnl::algorithm::convolution_direct};
    constexpr Index widest_image = 3;
    if (kind_ == ChainKind::best && channels > widest_image)
      result.push_back(dnnl::algorithm::convolution_winograd);
    return result;
  }

  double seconds_of(const Step& step) {
    return measure({[&] { run_once(step); }}, {.seconds = 0.003, .least_samples = 5}).front().median;
  }

  /// The fastest of what make(algorithm) gives; an algorithm that this library lacks is passed over.
  template <class Candidate, class Make>
  Candidate fastest(Index channels, const Make& make) {
    std::optional<Candidate> best;
    double least = HUGE_VAL;
    for (const dnnl::algorithm algorithm : algorithms(channels)) try {
        Candidate candidate = make(algorithm);
        const double seconds = kind_ == ChainKind::best ? seconds_of(candidate.step) : 0;
        if (best && seconds >= least) continue;
        least = seconds;
        best = std::move(candidate);
      } catch (const dnnl::error&) {
        if (algorithm == dnnl::algorithm::convolution_direct) throw;
      }
    return *best;
  }

  /// Where the primitive wants the shared weights, and the reorder that brings them there before each step.
  memory packed(ChainWeights& weights, const Dims& dims, const memory::desc& wanted) {
    const memory shared({dims, Type::f32, dims.size() == 4 ? Format::oihw : Format::oi}, cpu(),
                        weights.weight.data());
    const memory own = zeros(wanted);
    pack_.push_back(reordered(shared, own));
    run_once(pack_.back());
    return own;
  }

  void add_forward(const Layer& layer, std::vector<ChainWeights>& weights) {
    switch (layer.kind) {
      case LayerKind::conv:
        return add_convolution(layer, weights[layer.weights]);
      case LayerKind::linear:
        return add_product(layer, weights[layer.weights]);
      default:
        return add_pool(layer);
    }
  }

  struct Convolution {
    Step step;
    dnnl::convolution_forward::primitive_desc descriptor;
  };
  dnnl::convolution_forward::primitive_desc convolution(dnnl::algorithm algorithm, const Layer& layer,
                                                        const memory::desc& x, const memory::desc& y) const {
    const Index stride = layer.window.stride, pad = layer.window.padding;
    return onednn_compat::forward<dnnl::convolution_forward>(
        cpu(), with_relu(layer.relu), dnnl::prop_kind::forward_training, algorithm, x,
        free_desc({layer.out, x.dims()[1], layer.window.size, layer.window.size}, type_),
        memory::desc({layer.out}, Type::f32, Format::x), y, Dims{stride, stride}, Dims{pad, pad},
        Dims{pad, pad});
  }

  void add_convolution(const Layer& layer, ChainWeights& weights) {
    const memory x = y_.back();
    const memory::desc bias_desc({layer.out}, Type::f32, Format::x);
    const memory bias(bias_desc, cpu(), weights.bias.data());
    const Dims y_dims{images_, layer.out, layer.size, layer.size};
    const auto chosen = fastest<Convolution>(x.get_desc().dims()[1], [&](dnnl::algorithm algorithm) {
      const auto pd = convolution(algorithm, layer, x.get_desc(), free_desc(y_dims, type_));
      return Convolution{{dnnl::convolution_forward(pd),
                          {{DNNL_ARG_SRC, x},
                           {DNNL_ARG_WEIGHTS, zeros(pd.weights_desc())},
                           {DNNL_ARG_BIAS, bias},
                           {DNNL_ARG_DST, zeros(pd.dst_desc())}}},
                         pd};
    });
    Step step = chosen.step;
    const Dims dims{layer.out, x.get_desc().dims()[1], layer.window.size, layer.window.size};
    step.arguments[DNNL_ARG_WEIGHTS] = packed(weights, dims, chosen.descriptor.weights_desc());
    y_.push_back(step.arguments[DNNL_ARG_DST]);
    hints_.emplace_back();  // a convolution makes its hint anew, for each algorithm
    weights_.push_back(&weights);
    forward_.push_back(std::move(step));
  }

  void add_product(const Layer& layer, ChainWeights& weights) {
    const memory x = y_.back();
    Dims dims = x.get_desc().dims();
    dims[0] = layer.out;
    const memory bias({{layer.out}, Type::f32, Format::x}, cpu(), weights.bias.data());
    const auto pd = onednn_compat::forward<dnnl::inner_product_forward>(
        cpu(), with_relu(layer.relu), dnnl::prop_kind::forward_training, x.get_desc(), free_desc(dims, type_),
        bias.get_desc(), memory::desc({images_, layer.out}, type_, Format::nc));
    y_.push_back(zeros(pd.dst_desc()));
    forward_.push_back({dnnl::inner_product_forward(pd),
                        {{DNNL_ARG_SRC, x},
                         {DNNL_ARG_WEIGHTS, packed(weights, dims, pd.weights_desc())},
                         {DNNL_ARG_BIAS, bias},
                         {DNNL_ARG_DST, y_.back()}}});
    hints_.push_back({.product = pd});
    weights_.push_back(&weights);
  }

  void add_pool(const Layer& layer) {
    const memory x = y_.back();
    const Index whole = x.get_desc().dims()[2];
    const bool global = layer.kind == LayerKind::global_max_pool;
    const Index size = global ? whole : layer.window.size, stride = global ? whole : layer.window.stride;
    const auto pd = onednn_compat::forward<PoolForward>(
        cpu(), dnnl::primitive_attr(), dnnl::prop_kind::forward_training, dnnl::algorithm::pooling_max,
        x.get_desc(), free_desc({images_, layer.out, layer.size, layer.size}, type_), Dims{stride, stride},
        Dims{size, size}, Dims{0, 0}, Dims{0, 0}, Dims{0, 0});
    y_.push_back(zeros(pd.dst_desc()));
    const memory workspace = zeros(pd.workspace_desc());
    forward_.push_back(
        {PoolForward(pd), {{DNNL_ARG_SRC, x}, {DNNL_ARG_DST, y_.back()}, {DNNL_ARG_WORKSPACE, workspace}}});
    hints_.push_back({.pool = pd, .workspace = workspace});
    weights_.push_back(nullptr);
  }

  /// Both lists, or the one of input gradients alone.
  enum class Lists { both, input_gradient, training };
  void append(const Step& step, Lists lists) {
    if (lists != Lists::training) backward_.push_back(step);
    if (lists != Lists::input_gradient) training_.push_back(step);
  }

  /// Takes the gradient at layer i's output; gives the one at its input.
  memory add_backward(const Layer& layer, std::size_t i, memory dy) {
    if (dy.get_desc() != y_[i + 1].get_desc()) {
      const memory as_output = zeros(y_[i + 1].get_desc());
      append(reordered(dy, as_output), Lists::both);
      dy = as_output;
    }
    if (layer.relu) append(relu_backward(y_[i + 1], dy), Lists::both);
    if (layer.kind == LayerKind::conv) return convolution_backward(layer, i, dy);
    if (layer.kind == LayerKind::linear) return product_backward(i, dy);
    const bool global = layer.kind == LayerKind::global_max_pool;
    const Index whole = y_[i].get_desc().dims()[2];
    const Index size = global ? whole : layer.window.size, stride = global ? whole : layer.window.stride;
    const auto pd = onednn_compat::backward<PoolBackward>(
        cpu(), hints_[i].pool, dnnl::algorithm::pooling_max, y_[i].get_desc(), dy.get_desc(),
        Dims{stride, stride}, Dims{size, size}, Dims{0, 0}, Dims{0, 0}, Dims{0, 0});
    const memory dx = zeros(pd.diff_src_desc());
    append({PoolBackward(pd),
            {{DNNL_ARG_DIFF_DST, dy}, {DNNL_ARG_DIFF_SRC, dx}, {DNNL_ARG_WORKSPACE, hints_[i].workspace}}},
           Lists::both);
    return dx;
  }

  struct Candidate {
    Step step;
    memory::desc weight, result;
  };

  memory convolution_backward(const Layer& layer, std::size_t i, const memory& dy) {
    const memory x = y_[i];
    const bool first = i == 0;
    const Index channels = x.get_desc().dims()[1], stride = layer.window.stride, pad = layer.window.padding;
    const Dims dims{layer.out, channels, layer.window.size, layer.window.size};
    const Dims strides{stride, stride}, pads{pad, pad};
    const memory::desc dx_desc = first ? free_desc(x.get_desc().dims(), type_) : x.get_desc();
    const auto data = fastest<Candidate>(channels, [&](dnnl::algorithm algorithm) {
      const auto pd = onednn_compat::backward<dnnl::convolution_backward_data>(
          cpu(), convolution(algorithm, layer, dx_desc, dy.get_desc()), algorithm, dx_desc,
          free_desc(dims, type_), dy.get_desc(), strides, pads, pads);
      return Candidate{{dnnl::convolution_backward_data(pd),
                        {{DNNL_ARG_DIFF_DST, dy},
                         {DNNL_ARG_WEIGHTS, zeros(pd.weights_desc())},
                         {DNNL_ARG_DIFF_SRC, zeros(pd.diff_src_desc())}}},
                       pd.weights_desc(),
                       pd.diff_src_desc()};
    });
    Step step = data.step;
    // Training wants no gradient of the images, and so packs no weights for it.
    step.arguments[DNNL_ARG_WEIGHTS] = packed(*weights_[i], dims, data.weight);
    if (first) pack_.pop_back();
    append(step, first ? Lists::input_gradient : Lists::both);

    const memory::desc bias_desc({layer.out}, Type::f32, Format::x);
    const auto weight = fastest<Candidate>(channels, [&](dnnl::algorithm algorithm) {
      const auto pd = onednn_compat::backward<dnnl::convolution_backward_weights>(
          cpu(), convolution(algorithm, layer, x.get_desc(), dy.get_desc()), algorithm, x.get_desc(),
          free_desc(dims, Type::f32), bias_desc, dy.get_desc(), strides, pads, pads);
      return Candidate{{dnnl::convolution_backward_weights(pd),
                        {{DNNL_ARG_SRC, x},
                         {DNNL_ARG_DIFF_DST, dy},
                         {DNNL_ARG_DIFF_WEIGHTS, zeros(pd.diff_weights_desc())},
                         {DNNL_ARG_DIFF_BIAS, zeros(bias_desc)}}},
                       pd.diff_weights_desc(),
                       {}};
    });
    add_weight_gradient(weight.step, dims);
    return step.arguments[DNNL_ARG_DIFF_SRC];
  }

  memory product_backward(std::size_t i, const memory& dy) {
    const memory x = y_[i];
    Dims dims = x.get_desc().dims();
    dims[0] = dy.get_desc().dims()[1];
    const auto data = onednn_compat::backward<dnnl::inner_product_backward_data>(
        cpu(), hints_[i].product, x.get_desc(), free_desc(dims, type_), dy.get_desc());
    const memory dx = zeros(data.diff_src_desc());
    append({dnnl::inner_product_backward_data(data),
            {{DNNL_ARG_DIFF_DST, dy},
             {DNNL_ARG_WEIGHTS, packed(*weights_[i], dims, data.weights_desc())},
             {DNNL_ARG_DIFF_SRC, dx}}},
           Lists::both);
    const memory::desc bias_desc({dims[0]}, Type::f32, Format::x);
    const auto weight = onednn_compat::backward<dnnl::inner_product_backward_weights>(
        cpu(), hints_[i].product, x.get_desc(), free_desc(dims, Type::f32), bias_desc, dy.get_desc());
    add_weight_gradient({dnnl::inner_product_backward_weights(weight),
                         {{DNNL_ARG_SRC, x},
                          {DNNL_ARG_DIFF_DST, dy},
                          {DNNL_ARG_DIFF_WEIGHTS, zeros(weight.diff_weights_desc())},
                          {DNNL_ARG_DIFF_BIAS, zeros(bias_desc)}}},
                        dims);
    return dx;
  }

  /// From the last layer to the first, so each goes to the front.
  void add_weight_gradient(const Step& step, const Dims& dims) {
    training_.push_back(step);
    const memory plain = zeros({dims, Type::f32, dims.size() == 4 ? Format::oihw : Format::oi});
    training_.push_back(reordered(step.arguments.at(DNNL_ARG_DIFF_WEIGHTS), plain));
    dweights_.insert(dweights_.begin(), plain);
    dbiases_.insert(dbiases_.begin(), step.arguments.at(DNNL_ARG_DIFF_BIAS));
  }

  ChainKind kind_;
  Type type_;
  Index images_;
  dnnl::stream stream_;
  memory pixels_, seed_, dlogits_, dx_;
  std::vector<memory> y_;  // the images, then each layer's output
  std::vector<Hint> hints_;
  std::vector<ChainWeights*> weights_;  // of each layer; null where it has none
  std::vector<Step> pack_, forward_, backward_, training_;
  std::vector<memory> dweights_, dbiases_;
};

std::vector<ChainWeights> chain_weights(const Module& network) {
  std::vector<ChainWeights> weights;
  network.for_each_parameter([&](const Parameter& parameter) {
    if (parameter.name.ends_with(".weight")) weights.emplace_back();
    const bool weight = parameter.name.ends_with(".weight");
    auto& own = weights.back();
    (weight ? own.weight : own.bias) = parameter.value.to_host();
    (weight ? own.weight_momentum : own.bias_momentum).resize((weight ? own.weight : own.bias).size());
  });
  return weights;
}

OneDnnChain::OneDnnChain(const Architecture& architecture, std::vector<ChainWeights>& weights, Index images,
                         ChainKind kind)
    : primitives_(std::make_unique<Primitives>(layers_of(architecture), weights, images, kind)) {}
OneDnnChain::~OneDnnChain() = default;
void OneDnnChain::forward() { primitives_->forward(); }
void OneDnnChain::backward() { primitives_->backward(); }
void OneDnnChain::training_step() { primitives_->training_step(); }
void OneDnnChain::add_gradient(std::size_t i, std::vector<float>& dweight, std::vector<float>& dbias) const {
  primitives_->add_gradient(i, dweight, dbias);
}
std::vector<double> OneDnnChain::logits() { return primitives_->logits(); }
std::vector<double> OneDnnChain::input_gradient() { return primitives_->input_gradient(); }

}  // namespace weir
