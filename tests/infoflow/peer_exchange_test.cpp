// Writes maps, symbols and what this library makes of them, for tests/peers/mutual_information.py to compute
// once more with other people's software. WEIR_PEER_FOLDER says where to; without it the files go to a
// temporary folder.
#include <cstdlib>
#include <filesystem>
#include <gtest/gtest.h>
#include <string>

#include "data/atomic_file.h"
#include "data/npy.h"
#include "infoflow/information_path.h"
#include "infoflow/mutual_information.h"
#include "tests/infoflow/sample_maps.h"

namespace weir {
namespace {

namespace fs = std::filesystem;

fs::path exchange_folder() {
  const char* asked = std::getenv("WEIR_PEER_FOLDER");
  const fs::path folder =
      asked != nullptr ? fs::path(asked) : fs::path(testing::TempDir()) / "weir-peer-exchange";
  fs::create_directories(folder);
  return folder;
}

void write_map(const fs::path& path, const SampleMaps& maps) {
  write_npy<float>(path, {{maps.channels, maps.size.height, maps.size.width}, maps.values});
}

/// `count` pairs of symbol maps of n pixels: one file [count, 2, n], and a line of text for each pair's
/// information.
void write_pairs(const fs::path& folder, Index n, int symbols, Index count) {
  const SymbolMaps maps = sample_symbols(2 * count, {1, n}, symbols, Rng{static_cast<std::uint64_t>(n)});
  write_npy<std::int64_t>(folder / fmt::format("pairs-{}.npy", n),
                          {{count, 2, n}, {maps.values.begin(), maps.values.end()}});
  std::string lines;
  for (Index i = 0; i < count; ++i)
    lines += fmt::format("{:.17g}\n", mutual_information(maps.map(2 * i), maps.map(2 * i + 1)));
  write_file_atomically(folder / fmt::format("pairs-{}.txt", n), lines);
}

std::string path_lines(const Path& path) {
  std::string lines;
  for (std::size_t k = 0; k < path.iip.size(); ++k)
    lines += fmt::format("{:.17g} {:.17g}\n", path.iip[k], path.oip[k]);
  return lines;
}

TEST(PeerExchange, WritesWhatPeersRecompute) {
  const fs::path folder = exchange_folder();
  for (const Index n : {1, 4, 16, 64, 100, 1024}) write_pairs(folder, n, 9, 40);

  const std::vector<SampleMaps> layers = {sample_maps(6, {32, 32}, Rng{1}), sample_maps(8, {16, 16}, Rng{2}),
                                          sample_maps(10, {8, 8}, Rng{3})};
  const SampleMaps image = sample_maps(3, {32, 32}, Rng{4}, Rectify::no);
  std::vector<LayerMaps> views;
  for (const SampleMaps& layer : layers) {
    views.push_back(layer.view());
    write_map(folder / fmt::format("layer-{}.npy", views.size()), layer);
  }
  write_map(folder / "image.npy", image);
  write_file_atomically(folder / "path.txt", path_lines(information_path(views, image.view())));

  const auto again = read_npy<float>(folder / "layer-3.npy", {10, 8, 8});
  EXPECT_EQ(again.values, layers[2].values);
}

}  // namespace
}  // namespace weir
