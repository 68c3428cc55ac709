// bench_onednn_chain NETWORK WORK BATCH [direct|best|bf16] [pieces|threads] [SECONDS]: a network as a bare
// chain of oneDNN primitives (bench/support/onednn_chain.h), which is the floor that a framework on oneDNN
// should reach. Prints images a second, median. WORK: forward, input-gradient, 10-class-gradients,
// training-step.
//
// pieces: a single-threaded chain on each core, with images of its own; threads: every primitive with all
// threads. Both take at most 32 images at a time. Before anything is timed, the logits and input gradients
// are compared with Weir's.
#include "bench/support/onednn_chain.h"

#include <algorithm>
#include <cstdlib>
#include <fmt/format.h>
#include <string>

#include "apps/benchmark/measure.h"
#include "apps/benchmark/network_oracle.h"
#include "models/architecture_json.h"
#include "tensor/ops/softmax.h"
#include "tensor/workers.h"

using namespace weir;

namespace {

/// The layers that the chain has: neither batch norm nor dropout.
Architecture bare(Architecture architecture) {
  architecture = with_norm(without_dropout(std::move(architecture)), Norm::none);
  for (LayerSpec& layer : architecture.layers) layer.norm = Norm::none;
  return architecture;
}

/// Chains that work side by side, and the weights that they share.
class Crowd {
 public:
  Crowd(const BenchNetwork& network, Index batch, ChainKind kind, bool pieces)
      : weights_(chain_weights(*network.on(Device::reference()))), pieces_(pieces) {
    const Index chains = pieces ? std::min<Index>(thread_budget(), batch) : 1;
    const Index mine = (batch + chains - 1) / chains;
    turns_ = (mine + piece_rows - 1) / piece_rows;
    each_ = (mine + turns_ - 1) / turns_;
    chains_.resize(static_cast<std::size_t>(chains));
    for_each_chain([&](std::size_t i) {
      chains_[i] = std::make_unique<OneDnnChain>(network.architecture(), weights_, each_, kind);
    });
  }

  /// Images of one run; more than were asked for where the chains cannot share them evenly.
  Index images() const { return static_cast<Index>(chains_.size()) * turns_ * each_; }
  Index images_each() const { return each_; }
  /// What the first chain gives.
  struct Given {
    std::vector<double> input_gradient, logits;
  };
  Given first() {
    Given given;
    for_each_chain([&](std::size_t i) {
      if (i == 0) given = {chains_[0]->input_gradient(), chains_[0]->logits()};
    });
    return given;
  }

  /// Forward, and then that many backward passes.
  void gradients(int backwards) {
    for_each_chain([&](std::size_t i) {
      for (Index turn = 0; turn < turns_; ++turn) {
        chains_[i]->forward();
        for (int k = 0; k < backwards; ++k) chains_[i]->backward();
      }
    });
  }

  void training_step() {
    std::vector<std::vector<ChainWeights>> sums(chains_.size());
    for_each_chain([&](std::size_t i) {
      for (const ChainWeights& layer : weights_)
        sums[i].push_back(
            {std::vector<float>(layer.weight.size()), std::vector<float>(layer.bias.size()), {}, {}});
      for (Index turn = 0; turn < turns_; ++turn) {
        chains_[i]->training_step();
        for (std::size_t k = 0; k < weights_.size(); ++k)
          chains_[i]->add_gradient(k, sums[i][k].weight, sums[i][k].bias);
      }
    });
    run_pieces(static_cast<Index>(weights_.size()), [&](Index layer) {
      const auto k = static_cast<std::size_t>(layer);
      for (std::size_t i = 1; i < sums.size(); ++i) {
        add(sums[i][k].weight, sums[0][k].weight);
        add(sums[i][k].bias, sums[0][k].bias);
      }
      step(sums[0][k].weight, weights_[k].weight_momentum, weights_[k].weight);
      step(sums[0][k].bias, weights_[k].bias_momentum, weights_[k].bias);
    });
  }

 private:
  /// body(chain number): a cohort's piece i always has the same thread, which a chain needs, since oneDNN
  /// keeps scratch memory by thread. Or on this thread, which then has all of OpenMP's.
  void for_each_chain(const std::function<void(std::size_t)>& body) {
    if (pieces_) {
      Cohort(static_cast<Index>(chains_.size())).run([&](Index i) { body(static_cast<std::size_t>(i)); });
    } else {
      place_layer_threads();
      body(0);
    }
  }
  static void add(const std::vector<float>& more, std::vector<float>& sum) {
    for (std::size_t k = 0; k < sum.size(); ++k) sum[k] += more[k];
  }
  /// SGD with momentum; a rate so small that the weights stay what they are.
  static void step(const std::vector<float>& gradient, std::vector<float>& momentum,
                   std::vector<float>& weight) {
    constexpr float factor = 0.9f, rate = 1e-9f;
    for (std::size_t k = 0; k < weight.size(); ++k) {
      momentum[k] = factor * momentum[k] + gradient[k];
      weight[k] -= rate * momentum[k];
    }
  }

  std::vector<ChainWeights> weights_;
  bool pieces_;
  Index turns_ = 1;  // of each chain, for one run
  Index each_ = 0;   // images of a turn
  std::vector<std::unique_ptr<OneDnnChain>> chains_;
};

/// What rounding may explain of a distance.
struct Tolerances {
  double logits = 0, gradients = 0;
};
Tolerances tolerances_of(ChainKind kind, const BenchNetwork& network) {
  if (kind == ChainKind::bf16)
    return {.logits = 0.1, .gradients = 0.5};  // 2^-9 of each map, and ReLUs that switch
  constexpr double winograd = 10;              // times what the direct form loses
  return {.logits = winograd * NetworkOracle(network).logit_tolerance(), .gradients = gradient_tolerance};
}

/// Whether a chain computes what the network does: its logits, and the gradient of the first.
bool agrees(const Crowd::Given& given, const BenchNetwork& network, Index images, const Tolerances& allowed) {
  Device& device = Device::fastest();
  const auto weights = network.on(device);
  Evaluator evaluator(*weights, device);
  const SeedRule first_logit = [](const Tensor& logits, RowRange rows) {
    const std::vector<std::int32_t> zeros(static_cast<std::size_t>(rows.count));
    return one_hot(Labels::from_host(std::span<const std::int32_t>(zeros), logits.device()), study_classes);
  };
  const Answer answer = evaluator.query(noise_images(images, device), first_logit);
  const double gradient = deviation(given.input_gradient, answer.gradients.to_host_double()).distance;
  const double logits = deviation(given.logits, answer.logits.to_host_double()).distance;
  return gradient <= allowed.gradients && logits <= allowed.logits;
}

std::function<void()> work_named(const std::string& name, Crowd& crowd) {
  if (name == "forward") return [&] { crowd.gradients(0); };
  if (name == "input-gradient") return [&] { crowd.gradients(1); };
  if (name == "10-class-gradients") return [&] { crowd.gradients(10); };
  if (name == "training-step") return [&] { crowd.training_step(); };
  fail({.message = fmt::format("no work `{}`", name),
        .note = "there are forward, input-gradient, 10-class-gradients, training-step"});
}

ChainKind kind_named(const std::string& name) {
  if (name == "direct") return ChainKind::direct;
  if (name == "best") return ChainKind::best;
  if (name == "bf16") return ChainKind::bf16;
  fail({.message = fmt::format("`{}` is not one of direct, best, bf16", name)});
}

bool in_pieces(const std::string& name) {
  if (name == "pieces" || name == "threads") return name == "pieces";
  fail({.message = fmt::format("`{}` is not one of pieces, threads", name)});
}

int run(const std::vector<std::string>& words) {
  if (words.size() < 3) fail({.message = "NETWORK WORK BATCH [direct|best|bf16] [pieces|threads] [SECONDS]"});
  const auto word = [&](std::size_t i, const char* otherwise) {
    return words.size() > i ? words[i] : otherwise;
  };
  const BenchNetwork network(bare(architecture_from(words[0])));
  const Index batch = std::atoll(words[2].c_str());
  expects(batch > 0, "a batch of {}", batch);
  const ChainKind kind = kind_named(word(3, "best"));
  Crowd crowd(network, batch, kind, in_pieces(word(4, "pieces")));
  const auto work = work_named(words[1], crowd);
  if (!agrees(crowd.first(), network, crowd.images_each(), tolerances_of(kind, network))) {
    fmt::print(stderr, "bench_onednn_chain: wrong result\n");
    return 1;
  }
  const double seconds = std::atof(word(5, "2").c_str());
  const Timing timing = measure({work}, {.seconds = seconds, .least_samples = 5}).front();
  fmt::print("{:.1f}\n", static_cast<double>(crowd.images()) / timing.median * 1e3);
  return 0;
}

}  // namespace

int main(int count, char** words) try {
  return run({words + 1, words + count});
} catch (const std::exception& error) {
  fmt::print(stderr, "bench_onednn_chain: {}\n", error.what());
  return 2;
}
