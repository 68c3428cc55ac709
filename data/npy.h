/// Arrays in NumPy's .npy format, the currency of images, labels and gradients with everybody else's tools.
/// Format: NumPy Enhancement Proposal 1, versions 1.0 and 2.0; written as 1.0.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string_view>
#include <vector>

#include "tensor/shape.h"

namespace weir {

/// Row-major values. `Value` is float ('<f4') or std::int64_t ('<i8').
template <class Value>
struct NpyArray {
  std::vector<Index> shape;
  std::vector<Value> values;
};

/// In an expected shape: any extent will do.
constexpr Index any_extent = -1;

/// Throws Error of kind missing where there is no file, of kind damaged where it is not an array of `Value`
/// in C order (E0407, E0408) or not of the expected shape (E0409). An empty `expected` accepts every shape.
template <class Value>
NpyArray<Value> read_npy(const std::filesystem::path& path, const std::vector<Index>& expected = {});

/// The same from memory; `path` is only for messages.
template <class Value>
NpyArray<Value> parse_npy(const std::filesystem::path& path, std::string_view bytes,
                          const std::vector<Index>& expected = {});

template <class Value>
void write_npy(const std::filesystem::path& path, const NpyArray<Value>& array);

/// Images as the command line takes them: float32 [N,3,32,32], at least one (else E0409, kind damaged), every
/// value in [-1,1] (else E0406).
NpyArray<float> read_images_npy(const std::filesystem::path& path);

/// Labels as the command line takes them: int64 [N], 0 to 9 (else E0402, kind damaged).
NpyArray<std::int64_t> read_labels_npy(const std::filesystem::path& path);

extern template NpyArray<float> parse_npy(const std::filesystem::path&, std::string_view,
                                          const std::vector<Index>&);
extern template NpyArray<std::int64_t> parse_npy(const std::filesystem::path&, std::string_view,
                                                 const std::vector<Index>&);
extern template NpyArray<float> read_npy(const std::filesystem::path&, const std::vector<Index>&);
extern template NpyArray<std::int64_t> read_npy(const std::filesystem::path&, const std::vector<Index>&);
extern template void write_npy(const std::filesystem::path&, const NpyArray<float>&);
extern template void write_npy(const std::filesystem::path&, const NpyArray<std::int64_t>&);

}  // namespace weir
