#include "apps/inputs.h"

#include <algorithm>
#include <filesystem>

#include "apps/command.h"
#include "data/npy.h"
#include "data/png_sheet.h"
#include "data/wording.h"
#include "models/zoo.h"

namespace weir {
namespace {

namespace fs = std::filesystem;

bool is_png(const fs::path& path) { return path.extension() == ".png" || path.extension() == ".PNG"; }

void append_npy(const fs::path& path, std::vector<float>& values, std::vector<std::string>& names) {
  const NpyArray<float> array = read_images_npy(path);
  values.insert(values.end(), array.values.begin(), array.values.end());
  for (Index row = 0; row < array.shape[0]; ++row) names.push_back(fmt::format("{}[{}]", path.native(), row));
}

void append_png(const fs::path& path, std::vector<float>& values, std::vector<std::string>& names) {
  const std::vector<float> image = to_floats(read_image_png(path));
  values.insert(values.end(), image.begin(), image.end());
  names.push_back(path.native());
}

Tensor image_batch(std::span<const float> values, Device& device) {
  const auto count = static_cast<Index>(values.size()) / image_volume;
  return Tensor::from_host(values, {count, image_channels, image_side, image_side}, device);
}

}  // namespace

Command& takes_network(Command& command, NetworkWords& words) {
  return command
      .positional("WEIGHTS", "a safetensors file, or the name of weights that come with Weir",
                  text_into(words.weights))
      .option("--model", "MODEL",
              "whose weights these are, where the file does not say: a name or a model.json",
              text_into(words.model));
}

OpenedNetwork open_network(const NetworkWords& words, Device& device) {
  const std::string path = find_weights(words.weights);
  return {load_network(path, device, words.model), path};
}

void expect_no_input(const std::string& out, std::span<const std::string> inputs) {
  std::error_code ignored;
  for (const std::string& input : inputs)
    if (fs::equivalent(input, out, ignored))
      fail({.code = "E0215",
            .message = fmt::format("`{}` is read, and results would be written over it", input),
            .help = "choose another file with `--out`"});
}

std::string described(const OpenedNetwork& opened) {
  return fmt::format("{}, {} parameters", legible(opened.stored.architecture.model),
                     with_commas(count_parameters(opened.network())));
}

Pictures open_pictures(std::span<const std::string> paths, Device& device) {
  std::vector<float> values;
  Pictures pictures;
  for (const std::string& path : paths)
    is_png(path) ? append_png(path, values, pictures.names) : append_npy(path, values, pictures.names);
  pictures.images = image_batch(values, device);
  return pictures;
}

std::vector<std::int32_t> open_labels(const std::string& path, Index count) {
  const NpyArray<std::int64_t> array = read_labels_npy(path);
  if (array.shape[0] != count)
    fail(
        {.kind = ErrorKind::damaged,
         .code = "E0409",
         .message = fmt::format("`{}` has {} labels, but there are {} images", path, array.shape[0], count)});
  return {array.values.begin(), array.values.end()};
}

Tensor batch_of(const ImageSet& images, std::span<const Index> rows, Device& device) {
  return image_batch(gather_floats(images, rows), device);
}

std::string described(const ImageSet& images) {
  return fmt::format("{} images of {}", with_commas(images.count()), images.source);
}

}  // namespace weir
