#include "data/embed.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "data/atomic_file.h"
#include "data/hash.h"
#include "data/home.h"
#include "data/png_sheet.h"
#include "data/read_file.h"
#include "data/shuffle.h"
#include "tensor/check.h"

namespace weir {

namespace fs = std::filesystem;
using nlohmann::ordered_json;

namespace {

constexpr Index sheet_columns = 25;

std::string fingerprint_of(std::span<const std::uint8_t> pixels) {
  return xxh3_128_hex(std::as_bytes(pixels));
}

fs::path file_of(const fs::path& folder, Split split, const char* extension) {
  return folder / fmt::format("{}{}", to_string(split), extension);
}

void write_split(const fs::path& cifar, const fs::path& out, Split split) {
  const ImageSet all = load_cifar(cifar, split);
  const Rng rng = Rng{embedded_seed}.split(split == Split::train ? 0 : 1);
  const ImageSet chosen = subset(all, sample_without_replacement(embedded_count, all.count(), rng));
  const ordered_json list = {{"source", fmt::format("CIFAR-10 {}", to_string(split))},
                             {"seed", embedded_seed},
                             {"count", embedded_count},
                             {"pixels_xxh3_128", fingerprint_of(chosen.pixels)},
                             {"indices", chosen.original_indices},
                             {"labels", chosen.labels}};
  write_file_atomically(file_of(out, split, ".png"), encode_png(tiled(chosen.pixels, sheet_columns)));
  write_file_atomically(file_of(out, split, ".json"), list.dump() + "\n");
}

[[noreturn]] void fail_list(const fs::path& path, const std::string& found) {
  fail(
      {.kind = ErrorKind::damaged, .code = "E0430", .message = fmt::format("`{}` {}", path.native(), found)});
}

/// The whole numbers of an array, each from 0 to `largest`.
template <class Number>
std::vector<Number> numbers_in(const fs::path& path, const ordered_json& list, const char* key,
                               Number largest) {
  std::vector<Number> numbers;
  if (!list.is_object() || !list.contains(key) || !list[key].is_array())
    fail_list(path, fmt::format("has no array `{}`", key));
  for (const auto& value : list[key]) {
    if (!value.is_number_unsigned() ||
        value.template get<std::uint64_t>() > static_cast<std::uint64_t>(largest))
      fail_list(path, fmt::format("has {} among its `{}`, expected 0 to {}", value.dump().substr(0, 40), key,
                                  largest));
    numbers.push_back(value.template get<Number>());
  }
  return numbers;
}

}  // namespace

void write_embedded_subset(const fs::path& cifar, const fs::path& out) {
  expect_writable_directory(out);
  for (const Split split : {Split::train, Split::test}) write_split(cifar, out, split);
}

ImageSet load_embedded_from(const fs::path& folder, Split split) {
  const fs::path path = file_of(folder, split, ".json");
  const auto list = ordered_json::parse(read_text_file(path), nullptr, false);
  if (list.is_discarded()) fail_list(path, "is not JSON");
  ImageSet images;
  images.labels = numbers_in<std::int32_t>(path, list, "labels", class_count - 1);
  images.original_indices = numbers_in<Index>(path, list, "indices", split == Split::train ? 49999 : 9999);
  if (images.labels.size() != images.original_indices.size() || images.labels.empty())
    fail_list(path, fmt::format("has {} labels and {} indices", images.labels.size(),
                                images.original_indices.size()));
  images.pixels = read_png_sheet(file_of(folder, split, ".png"), images.count());
  images.source = fmt::format("embedded ({})", to_string(split));
  if (!list.contains("pixels_xxh3_128") || list["pixels_xxh3_128"] != fingerprint_of(images.pixels))
    fail_list(path,
              fmt::format("belongs to other images: those of the sheet beside it have the fingerprint {}",
                          fingerprint_of(images.pixels)));
  return images;
}

std::vector<fs::path> embedded_files(Split split) {
  const fs::path folder = find_resource("data/embedded");
  return {file_of(folder, split, ".png"), file_of(folder, split, ".json")};
}

ImageSet load_embedded(Split split) { return load_embedded_from(find_resource("data/embedded"), split); }

}  // namespace weir
