// bench_steps NETWORK WORK BATCH [SECONDS] [exact|fast] [unchecked]: how many images a second the default
// device does of one of the works of `weir bench`, after comparing its answer with double precision unless
// told not to. Prints the median over samples. NETWORK as in `weir bench --models`.
// bench_steps NETWORK weights FILE [RECIPE]: its weights, for peers, and in their metadata all of its layers,
// dropout too; as the recipe trains it where one is named, with the recipe's batch norm and dropout.
// bench_steps library: what the default device computes with.
#include <algorithm>
#include <cstdlib>
#include <fmt/format.h>
#include <string>

#include "apps/benchmark/measure.h"
#include "apps/benchmark/network_works.h"
#include "models/architecture_json.h"
#include "models/recipe.h"
#include "models/train_model.h"
#include "models/weights.h"
#include "tensor/vendor.h"

using namespace weir;

namespace {

NetworkWork work_named(const std::string& name) {
  std::string names;
  for (NetworkWork& work : network_works()) {
    if (work.name == name) return work;
    names += " " + work.name;
  }
  fail({.message = fmt::format("no work `{}`; there are{}", name, names)});
}

void save_for_peers(const BenchNetwork& network, const std::string& file) {
  save_network(file, {network.architecture(),
                      network.on(Device::reference()),
                      {{"layers", to_json(network.architecture())}}});
}

int run(int count, char** words) {
  if (count == 2 && std::string(words[1]) == "library") {
    fmt::print("{}\n", Device::fastest().vendor().description());
    return 0;
  }
  if (count < 4) fail({.message = "NETWORK WORK BATCH [SECONDS] [exact|fast] [unchecked]"});
  const BenchNetwork network = BenchNetwork::named(words[1]);
  if (std::string(words[2]) == "weights") {
    if (count == 4)
      save_for_peers(network, words[3]);
    else
      save_for_peers(BenchNetwork(trained_form(network.architecture(), read_recipe(words[4]))), words[3]);
    return 0;
  }
  const NetworkWork work = work_named(words[2]);
  const Index batch = std::atoll(words[3]);
  const double seconds = count > 4 ? std::atof(words[4]) : 2;
  const Numerics numerics = count > 5 && std::string(words[5]) == "fast" ? Numerics::fast : Numerics::exact;
  NetworkOracle oracle(network);
  const bool checked = count <= 6;
  const PreparedWork prepared =
      work.prepare({network, checked ? &oracle : nullptr, Device::fastest(), numerics, batch});
  if (!prepared.right) {
    fmt::print(stderr, "bench_steps: wrong result\n");
    return 1;
  }
  const Timing timing = measure({prepared.run}, {.seconds = seconds, .least_samples = 5}).front();
  fmt::print("{:.1f}\n", static_cast<double>(batch) / timing.median * 1e3);
  return 0;
}

}  // namespace

int main(int count, char** words) try { return run(count, words); } catch (const Error& error) {
  fmt::print(stderr, "bench_steps: {}\n", error.what());
  return 2;
}
