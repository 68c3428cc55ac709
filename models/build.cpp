// From a list of layers to a network of modules.
#include "models/architecture.h"
#include "models/norm_layer.h"

namespace weir {
namespace {

/// Makes modules one by one, in the order of the layer table, which knows names and shapes; keeps track of
/// batch norm's numbers.
class Builder {
 public:
  Builder(const Architecture& architecture, Device& device, DType dtype)
      : table_(layer_table(architecture)),
        epsilon_(architecture.bn_epsilon),
        device_(device),
        dtype_(dtype) {}

  /// Appends the layers to `network`; `input` is the shape of one image before them.
  void add(const std::vector<LayerSpec>& specs, Shape input, Sequential& network) {
    for (const LayerSpec& spec : specs) input = add(spec, input, network);
  }

 private:
  Shape add(const LayerSpec& spec, const Shape& input, Sequential& network) {
    if (spec.kind == LayerKind::residual) return add_residual(spec, input, network);
    const LayerRow& row = table_[next_++];
    switch (spec.kind) {
      case LayerKind::conv:
        add_conv(spec, input, network);
        break;
      case LayerKind::linear:
        add_linear(row, input, network);
        break;
      case LayerKind::max_pool:
        network.add(std::make_unique<MaxPool2d>(row.name, pool_options(spec)));
        break;
      case LayerKind::avg_pool:
        network.add(std::make_unique<AvgPool2d>(row.name, pool_options(spec)));
        break;
      case LayerKind::global_max_pool:
        network.add(std::make_unique<GlobalMaxPool2d>(row.name));
        break;
      case LayerKind::global_avg_pool:
        network.add(std::make_unique<GlobalAvgPool2d>(row.name));
        break;
      case LayerKind::activation:
        network.add(std::make_unique<ActivationLayer>(row.name, spec.activation));
        break;
      case LayerKind::flatten:
        network.add(std::make_unique<Flatten>(row.name));
        break;
      case LayerKind::dropout:
        network.add(std::make_unique<Dropout>(row.name, spec.rate));
        break;
      case LayerKind::residual:
        break;
    }
    return row.output;
  }

  Shape add_residual(const LayerSpec& spec, const Shape& input, Sequential& network) {
    auto layers = std::make_unique<Sequential>(), shortcut = std::make_unique<Sequential>();
    add(spec.layers, input, *layers);
    add(spec.shortcut, input, *shortcut);
    const LayerRow& row = table_[next_++];
    network.add(std::make_unique<Residual>(row.name, std::move(layers), std::move(shortcut)));
    return row.output;
  }

  static PoolOptions pool_options(const LayerSpec& spec) {
    const WindowSpec window = window_of(spec);
    return {.window = window.size, .stride = window.stride};
  }

  void add_conv(const LayerSpec& spec, const Shape& input, Sequential& network) {
    const WindowSpec window = window_of(spec);
    network.add(std::make_unique<ConvUnit>(++norms_,
                                           ConvOptions{.in = input[0],
                                                       .out = spec.width,
                                                       .window = window.size,
                                                       .stride = window.stride,
                                                       .padding = window.padding,
                                                       .norm = spec.norm,
                                                       .activation = spec.activation,
                                                       .norm_epsilon = epsilon_},
                                           device_, dtype_));
  }

  void add_linear(const LayerRow& row, const Shape& input, Sequential& network) {
    const LayerSpec& spec = row.spec;
    const bool norm_first = spec.norm == Norm::before_activation;
    network.add(std::make_unique<Linear>(
        row.name,
        LinearOptions{
            .in = input[0], .out = spec.width, .activation = norm_first ? Activation::none : spec.activation},
        device_, dtype_));
    if (spec.norm == Norm::none) return;
    const std::string name = fmt::format("bn{}", ++norms_);
    network.add(std::make_unique<NormLayer>(BatchNormParameters(name, spec.width, epsilon_, device_, dtype_),
                                            name, norm_first ? spec.activation : Activation::none));
  }

  std::vector<LayerRow> table_;
  std::size_t next_ = 0;  // row of the table
  double epsilon_;
  Device& device_;
  DType dtype_;
  // A batch norm carries the number of its convolution; one behind a linear layer counts on from the last
  // convolution.
  int norms_ = 0;
};

}  // namespace

std::unique_ptr<Sequential> build(const Architecture& architecture, Device& device, DType dtype) {
  auto network = std::make_unique<Sequential>();
  Builder(architecture, device, dtype).add(architecture.layers, study_image, *network);
  return network;
}

}  // namespace weir
