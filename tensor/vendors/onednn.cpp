/// oneDNN's convolutions on blocked layouts. Primitives are made inside the thread that runs them, since
/// oneDNN fixes their partition at creation, and are kept there by shape.
#ifdef WEIR_WITH_ONEDNN

#include <memory>
#include <mutex>
#include <omp.h>
#include <optional>
#include <unordered_map>
#include <vector>

#include "tensor/vendors/few_channels.h"
#include "tensor/vendors/onednn_compat.h"
#include "tensor/vendors/row_gemm.h"
#include "tensor/vendors/vendors.h"
#include "tensor/vendors/winograd_table.h"

namespace weir {
namespace {

using dnnl::memory;

dnnl::engine& cpu_engine() {
  static auto* engine = new dnnl::engine(dnnl::engine::kind::cpu, 0);
  return *engine;
}

dnnl::stream& cpu_stream() {
  thread_local dnnl::stream stream(cpu_engine());
  return stream;
}

bool has(dnnl::cpu_isa wanted) {
  return static_cast<int>(dnnl::get_effective_cpu_isa()) >= static_cast<int>(wanted);
}
bool has_avx512() { return has(dnnl::cpu_isa::avx512_core); }
bool has_bfloat16() { return has(dnnl::cpu_isa::avx512_core_bf16); }

/// One tensor of a primitive: the caller's memory, and where the primitive wants it elsewhere, a copy with a
/// reorder.
class Port {
 public:
  Port() = default;
  Port(const memory::desc& callers, const memory::desc& primitives)
      : outer_(callers, cpu_engine(), nullptr), inner_(outer_) {
    if (callers == primitives) return;
    inner_ = memory(primitives, cpu_engine());
    in_.emplace(outer_, inner_);
    out_.emplace(inner_, outer_);
  }
  const memory& bring_in(const void* data) {
    outer_.set_data_handle(const_cast<void*>(data));
    if (in_) in_->execute(cpu_stream(), outer_, inner_);
    return in_ ? inner_ : outer_;
  }
  const memory& target(void* data) {
    outer_.set_data_handle(data);
    return out_ ? inner_ : outer_;
  }
  void bring_out() {
    if (out_) out_->execute(cpu_stream(), inner_, outer_);
  }

 private:
  memory outer_, inner_;
  std::optional<dnnl::reorder> in_, out_;
};

/// Weights in the formats that primitives want them in, packed once for each value of a weight and shared by
/// all threads: a batch of one image would spend as long on packing as on convolving.
class PackedWeights {
 public:
  std::shared_ptr<memory> get(const void* data, std::uint64_t version, const memory::desc& callers,
                              const memory::desc& primitives) {
    {
      const std::lock_guard lock(mutex_);
      for (const Entry& entry : entries_[data])
        if (entry.version == version && entry.packed->get_desc() == primitives) return entry.packed;
    }
    const auto packed = std::make_shared<memory>(primitives, cpu_engine());
    memory plain(callers, cpu_engine(), const_cast<void*>(data));
    dnnl::reorder(plain, *packed).execute(cpu_stream(), plain, *packed);
    cpu_stream().wait();
    put(data, {version, packed});
    return packed;
  }

 private:
  struct Entry {
    std::uint64_t version;
    std::shared_ptr<memory> packed;
  };

  /// Takes the place of what was packed from an earlier value of the same memory.
  void put(const void* data, Entry entry) {
    constexpr std::size_t most_bytes = std::size_t{512} << 20;  // of weights that died unnoticed, mostly
    const std::lock_guard lock(mutex_);
    bytes_ += entry.packed->get_desc().get_size();
    if (bytes_ > most_bytes) {
      entries_.clear();
      bytes_ = entry.packed->get_desc().get_size();
    }
    std::vector<Entry>& known = entries_[data];
    std::erase_if(known, [&](const Entry& old) {
      if (old.version == entry.version) return false;
      bytes_ -= old.packed->get_desc().get_size();
      return true;
    });
    known.push_back(std::move(entry));
  }

  std::mutex mutex_;
  std::unordered_map<const void*, std::vector<Entry>> entries_;
  std::size_t bytes_ = 0;
};

PackedWeights& packed_weights() {
  static auto* weights = new PackedWeights;  // workers may outlive static destruction
  return *weights;
}

/// Where a primitive reads a weight: the caller's memory, or what was packed from it.
class WeightPort {
 public:
  WeightPort() = default;
  WeightPort(const memory::desc& callers, const memory::desc& primitives)
      : callers_(callers), primitives_(primitives), plain_(callers, cpu_engine(), nullptr) {}
  const memory& bring_in(const ConvCall& call) {
    if (callers_ == primitives_) {
      plain_.set_data_handle(const_cast<void*>(call.weight));
      return plain_;
    }
    held_ = packed_weights().get(call.weight, call.weight_version, callers_, primitives_);
    return *held_;
  }

 private:
  memory::desc callers_, primitives_;
  memory plain_;
  std::shared_ptr<memory> held_;  // while the primitive runs
};

/// A convolution made for one shape, in one direction, by one thread; or no primitive, where oneDNN has
/// nothing but its reference loops. Those take milliseconds for the smallest maps (a feature map of 3
/// channels, a window within the padding), and their fused ReLU gives -0 for 0: our own shared path is better
/// at both.
struct Plan {
  std::optional<dnnl::primitive> primitive = std::nullopt;
  Port x = {}, bias = {}, y = {};
  WeightPort weight = {};  // read by the forward pass and the input gradient
  Port dweight = {};
};

bool is_reference_loop(const dnnl::primitive_desc_base& descriptor) {
  return std::string_view(descriptor.impl_info_str()).starts_with("ref");
}

struct Key {
  ConvDirection direction;
  DType dtype;
  ConvGeometry g;
  Layout x_layout, y_layout;
  Activation activation;
  bool has_bias;
  bool winograd;
  int threads;
  friend bool operator==(const Key&, const Key&) = default;
};

struct KeyHash {
  std::size_t operator()(const Key& k) const {
    std::size_t hash = 0;
    const auto mix = [&hash](Index value) {
      hash = (hash ^ static_cast<std::size_t>(value)) * 0x9E3779B97F4A7C15u;
    };
    for (const Index value : {k.g.images, k.g.in_channels, k.g.height, k.g.width, k.g.out_channels,
                              k.g.window_height, k.g.window_width, k.g.stride, k.g.padding})
      mix(value);
    mix(static_cast<Index>(k.direction) * 64 + static_cast<Index>(k.x_layout) * 32 +
        static_cast<Index>(k.y_layout) * 16 + static_cast<Index>(k.activation) * 8 + k.has_bias * 4);
    mix(k.threads * 8 + k.winograd * 4 + static_cast<Index>(k.dtype));
    return hash ^ hash >> 29;
  }
};

memory::format_tag tag_of(Layout layout) {
  switch (layout) {
    case Layout::plain:
      return memory::format_tag::nchw;
    case Layout::blocks_of_16:
      return memory::format_tag::nChw16c;
    case Layout::channels_last:
      return memory::format_tag::nhwc;
  }
  return memory::format_tag::undef;
}

/// What a call is about, as oneDNN sees it. Weights, biases and their gradients are float32 to the caller;
/// where feature maps are bfloat16, the reorder of the weights rounds them. Plain tensors are `any` to the
/// primitive: it may want them elsewhere, and for a plain feature map a reorder is far cheaper than a
/// convolution on it.
struct Descriptors {
  memory::desc x, weight, bias, y;           // the caller's
  memory::desc free_x, free_weight, free_y;  // what the primitive may choose
  memory::desc free_input_weight;            // of the forward pass that a gradient belongs to
  memory::dims strides, padding_before, padding_after;

  explicit Descriptors(const Key& key) {
    const ConvGeometry& g = key.g;
    const auto type = key.dtype == DType::bf16 ? memory::data_type::bf16 : memory::data_type::f32;
    const auto image = [type](const memory::dims& dims, Layout layout) {
      return memory::desc(dims, type, tag_of(layout));
    };
    const auto free = [type](const memory::desc& fixed, const memory::dims& dims, Layout layout) {
      return layout == Layout::plain ? memory::desc(dims, type, memory::format_tag::any) : fixed;
    };
    const memory::dims x_dims{g.images, g.in_channels, g.height, g.width};
    const memory::dims y_dims{g.images, g.out_channels, g.out_height, g.out_width};
    const memory::dims w_dims{g.out_channels, g.in_channels, g.window_height, g.window_width};
    x = image(x_dims, key.x_layout);
    y = image(y_dims, key.y_layout);
    free_x = free(x, x_dims, key.x_layout);
    free_y = free(y, y_dims, key.y_layout);
    weight = memory::desc(w_dims, memory::data_type::f32, memory::format_tag::oihw);
    const bool is_result = key.direction == ConvDirection::weight_gradient;
    free_weight = memory::desc(w_dims, is_result ? memory::data_type::f32 : type, memory::format_tag::any);
    free_input_weight = memory::desc(w_dims, type, memory::format_tag::any);
    bias = memory::desc({g.out_channels}, memory::data_type::f32, memory::format_tag::x);
    strides = {g.stride, g.stride};
    padding_before = {g.padding, g.padding};
    // What the last window leaves over is not padded: oneDNN checks the output extent against both paddings.
    const auto after = [&g](Index out, Index window, Index in) {
      return (out - 1) * g.stride + window - in - g.padding;
    };
    padding_after = {after(g.out_height, g.window_height, g.height),
                     after(g.out_width, g.window_width, g.width)};
  }
};

// Never `convolution_auto`: it was seen to change algorithm, and with it bits, with the batch size.
dnnl::algorithm algorithm_of(const Key& key) {
  return key.winograd ? dnnl::algorithm::convolution_winograd : dnnl::algorithm::convolution_direct;
}

dnnl::convolution_forward::primitive_desc forward_descriptor(const Descriptors& d, const Key& key) {
  dnnl::primitive_attr attributes;
  if (key.activation == Activation::relu) {
    dnnl::post_ops operations;
    onednn_compat::append_relu(operations);
    attributes.set_post_ops(operations);
  }
  const auto training = dnnl::prop_kind::forward_training;
  const auto algorithm = algorithm_of(key);
  using Forward = dnnl::convolution_forward;
  if (key.has_bias)
    return onednn_compat::forward<Forward>(cpu_engine(), attributes, training, algorithm, d.free_x,
                                           d.free_input_weight, d.bias, d.free_y, d.strides, d.padding_before,
                                           d.padding_after);
  return onednn_compat::forward<Forward>(cpu_engine(), attributes, training, algorithm, d.free_x,
                                         d.free_input_weight, d.free_y, d.strides, d.padding_before,
                                         d.padding_after);
}

Plan make_plan(const Key& key) {
  const Descriptors d(key);
  const auto forward = forward_descriptor(d, key);
  const auto algorithm = algorithm_of(key);
  switch (key.direction) {
    case ConvDirection::forward:
      if (is_reference_loop(forward)) return {};
      return {dnnl::convolution_forward(forward), Port(d.x, forward.src_desc()), Port(d.bias, d.bias),
              Port(d.y, forward.dst_desc()), WeightPort(d.weight, forward.weights_desc())};
    case ConvDirection::input_gradient: {
      using Backward = dnnl::convolution_backward_data;
      const auto pd =
          onednn_compat::backward<Backward>(cpu_engine(), forward, algorithm, d.free_x, d.free_weight,
                                            d.free_y, d.strides, d.padding_before, d.padding_after);
      if (is_reference_loop(pd)) return {};
      return {Backward(pd), Port(d.x, pd.diff_src_desc()), Port(), Port(d.y, pd.diff_dst_desc()),
              WeightPort(d.weight, pd.weights_desc())};
    }
    case ConvDirection::weight_gradient: {
      using Backward = dnnl::convolution_backward_weights;
      const auto pd =
          onednn_compat::backward<Backward>(cpu_engine(), forward, algorithm, d.free_x, d.free_weight, d.bias,
                                            d.free_y, d.strides, d.padding_before, d.padding_after);
      if (is_reference_loop(pd)) return {};
      return {Backward(pd),         Port(d.x, pd.src_desc()),
              Port(d.bias, d.bias), Port(d.y, pd.diff_dst_desc()),
              WeightPort(),         Port(d.weight, pd.diff_weights_desc())};
    }
  }
  return {};
}

/// By Winograd where the table says so and the library has it for this shape.
Plan make_plan_or_direct(Key key) {
  if (key.winograd) {
    try {
      return make_plan(key);
    } catch (const dnnl::error&) {
      key.winograd = false;
    }
  }
  return make_plan(key);
}

bool wants_winograd(const ConvCall& call, ConvDirection direction) {
  constexpr bool library_has_it = DNNL_VERSION_MAJOR == 2;  // oneDNN 3 has none
  return library_has_it && call.numerics == Numerics::fast && call.dtype == DType::f32 &&
         prefers_winograd(direction, call.geometry, cpu_kind());
}

Plan& plan_for(const ConvCall& call, ConvDirection direction) {
  thread_local std::unordered_map<Key, Plan, KeyHash> plans;
  const bool has_bias =
      direction == ConvDirection::weight_gradient || (direction == ConvDirection::forward && call.bias);
  const Key key{direction,
                call.dtype,
                call.geometry,
                call.x_layout,
                call.y_layout,
                direction == ConvDirection::forward ? call.activation : Activation::none,
                has_bias,
                wants_winograd(call, direction),
                omp_get_max_threads()};
  const auto known = plans.find(key);
  if (known != plans.end()) return known->second;
  constexpr std::size_t most_plans =
      2048;  // a forgetful cache is better than one that grows with every shape ever seen
  if (plans.size() >= most_plans) plans.clear();
  return plans.emplace(key, make_plan_or_direct(key)).first->second;
}

class OneDnn : public Vendor {
 public:
  std::string_view name() const override { return "oneDNN"; }

  std::string description() const override {
    const dnnl_version_t* v = dnnl_version();
    return fmt::format("oneDNN {}.{}.{} ({})", v->major, v->minor, v->patch, isa_name());
  }

  Layout preferred_layout(DType dtype) const override {
    const bool blocks = dtype == DType::f32 && has_avx512();
    return blocks ? Layout::blocks_of_16 : Vendor::preferred_layout(dtype);
  }

  /// Under `exact`, a library may not cut a product as it likes: bits would follow the batch or the threads.
  void gemm(const GemmCall& call) override {
    if (call.numerics == Numerics::fast && call.dtype == DType::f32 && call.m > 0 && call.n > 0 &&
        call.k > 0) {
      const auto letter = [](GemmCall::Operand o) { return o == GemmCall::Operand::plain ? 'N' : 'T'; };
      const bool a_is_plain = call.a_is == GemmCall::Operand::plain;
      const bool b_is_plain = call.b_is == GemmCall::Operand::plain;
      const float keep = call.result == GemmCall::Result::accumulate ? 1.0f : 0.0f;
      dnnl::sgemm(letter(call.a_is), letter(call.b_is), call.m, call.n, call.k, 1.0f,
                  static_cast<const float*>(call.a), a_is_plain ? call.k : call.m,
                  static_cast<const float*>(call.b), b_is_plain ? call.n : call.k, keep,
                  static_cast<float*>(call.c), call.n);
      return;
    }
    with_real(call.dtype, [&](auto zero) { row_gemm<decltype(zero)>(call); });
  }

  bool conv2d(const ConvCall& call) override {
    return run(call, ConvDirection::forward, [&](Plan& plan) {
      std::unordered_map<int, memory> arguments{{DNNL_ARG_SRC, plan.x.bring_in(call.x)},
                                                {DNNL_ARG_WEIGHTS, plan.weight.bring_in(call)},
                                                {DNNL_ARG_DST, plan.y.target(call.y)}};
      if (call.bias) arguments.emplace(DNNL_ARG_BIAS, plan.bias.bring_in(call.bias));
      plan.primitive->execute(cpu_stream(), arguments);
      plan.y.bring_out();
    });
  }

  bool conv2d_input_gradient(const ConvCall& call) override {
    if (few_channels_input_gradient(call)) return true;
    return run(call, ConvDirection::input_gradient, [&](Plan& plan) {
      plan.primitive->execute(cpu_stream(), {{DNNL_ARG_DIFF_DST, plan.y.bring_in(call.dy)},
                                             {DNNL_ARG_WEIGHTS, plan.weight.bring_in(call)},
                                             {DNNL_ARG_DIFF_SRC, plan.x.target(call.dx)}});
      plan.x.bring_out();
    });
  }

  bool conv2d_weight_gradient(const ConvCall& call) override {
    return run(call, ConvDirection::weight_gradient, [&](Plan& plan) {
      plan.primitive->execute(cpu_stream(), {{DNNL_ARG_SRC, plan.x.bring_in(call.x)},
                                             {DNNL_ARG_DIFF_DST, plan.y.bring_in(call.dy)},
                                             {DNNL_ARG_DIFF_WEIGHTS, plan.dweight.target(call.dweight)},
                                             {DNNL_ARG_DIFF_BIAS, plan.bias.target(call.dbias)}});
      plan.dweight.bring_out();
    });
  }

 private:
  /// Units that round otherwise have names of their own: what was computed with others is not the same.
  static std::string_view isa_name() {
    if (has(dnnl::cpu_isa::avx512_core_amx)) return "AMX and AVX-512 kernels, blocks of 16 channels";
    if (has_bfloat16()) return "AVX-512 with bfloat16 kernels, blocks of 16 channels";
    return has_avx512() ? "AVX-512 kernels, blocks of 16 channels"
                        : "no AVX-512: plain tensors, reordered per call";
  }

  template <class F>
  bool run(const ConvCall& call, ConvDirection direction, const F& execute) {
    if (call.dtype == DType::f64 || (call.dtype == DType::bf16 && !has_bfloat16())) return false;
    try {
      Plan& plan = plan_for(call, direction);
      if (!plan.primitive) return false;
      execute(plan);
    } catch (const dnnl::error& error) {
      fail_convolution(call.geometry, error);
    }
    return true;
  }

  [[noreturn]] static void fail_convolution(const ConvGeometry& g, const dnnl::error& error) {
    const std::string what =
        fmt::format("a convolution of [{}, {}, {}, {}] with [{}, {}, {}, {}]", g.images, g.in_channels,
                    g.height, g.width, g.out_channels, g.in_channels, g.window_height, g.window_width);
    if (error.status == dnnl_out_of_memory)
      fail({.kind = ErrorKind::resource,
            .code = "E0610",
            .message = fmt::format("out of memory inside oneDNN, for {}", what),
            .help = "a smaller batch or fewer images at once"});
    fail({.kind = ErrorKind::bug,
          .code = "E9998",
          .message = fmt::format("oneDNN refused {}: {}", what, error.what())});
  }
};

}  // namespace

std::unique_ptr<Vendor> onednn_vendor() { return std::make_unique<OneDnn>(); }

}  // namespace weir

#endif
