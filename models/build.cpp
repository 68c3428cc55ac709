// From a list of layers to a network of modules.
#include "models/architecture.h"
#include "models/norm_layer.h"

namespace weir {
namespace {

/// Adds modules one by one, keeping track of the shape between them and of batch norm's numbers.
class Builder {
 public:
  Builder(const Architecture& architecture, Device& device, DType dtype)
      : epsilon_(architecture.bn_epsilon), device_(device), dtype_(dtype) {}

  void add(const LayerRow& row) {
    const LayerSpec& spec = row.spec;
    switch (spec.kind) {
      case LayerKind::conv:
        add_conv(spec);
        break;
      case LayerKind::linear:
        add_linear(row);
        break;
      case LayerKind::max_pool:
        add<MaxPool2d>(row.name, PoolOptions{.window = 2, .stride = 2});
        break;
      case LayerKind::global_max_pool:
        add<GlobalMaxPool2d>(row.name);
        break;
      case LayerKind::flatten:
        add<Flatten>(row.name);
        break;
      case LayerKind::dropout:
        add<Dropout>(row.name, spec.rate);
        break;
    }
    shape_ = row.output;
  }

  std::unique_ptr<Sequential> result() { return std::move(network_); }

 private:
  template <class Layer, class... Arguments>
  void add(Arguments&&... arguments) {
    network_->add(std::make_unique<Layer>(std::forward<Arguments>(arguments)...));
  }

  void add_conv(const LayerSpec& spec) {
    add<ConvUnit>(++norms_,
                  ConvOptions{.in = shape_[0],
                              .out = spec.width,
                              .norm = spec.norm,
                              .activation = spec.activation,
                              .norm_epsilon = epsilon_},
                  device_, dtype_);
  }

  void add_linear(const LayerRow& row) {
    const LayerSpec& spec = row.spec;
    const bool norm_first = spec.norm == Norm::before_activation;
    add<Linear>(row.name,
                LinearOptions{.in = shape_[0],
                              .out = spec.width,
                              .activation = norm_first ? Activation::none : spec.activation},
                device_, dtype_);
    if (spec.norm == Norm::none) return;
    const std::string name = fmt::format("bn{}", ++norms_);
    add<NormLayer>(BatchNormParameters(name, spec.width, epsilon_, device_, dtype_), name,
                   norm_first ? spec.activation : Activation::none);
  }

  std::unique_ptr<Sequential> network_ = std::make_unique<Sequential>();
  Shape shape_ = study_image;
  double epsilon_;
  Device& device_;
  DType dtype_;
  // A batch norm carries the number of its convolution; one behind a linear layer counts on from the last
  // convolution.
  int norms_ = 0;
};

}  // namespace

std::unique_ptr<Sequential> build(const Architecture& architecture, Device& device, DType dtype) {
  Builder builder(architecture, device, dtype);
  for (const LayerRow& row : layer_table(architecture)) builder.add(row);
  return builder.result();
}

}  // namespace weir
