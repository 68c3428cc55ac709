#include "study/cell_store.h"

#include <cstring>

#include "data/atomic_file.h"
#include "data/hash.h"
#include "tensor/check.h"

namespace weir {
namespace {

constexpr const char* key_entry = "cell";

[[noreturn]] void fail_column(std::string_view name, std::string_view why) {
  fail({.kind = ErrorKind::damaged,
        .code = "E0442",
        .message = fmt::format("the cell's column `{}` {}", name, why)});
}

template <class Value>
StoredTensor column(std::string name, StoredType type, std::vector<Index> shape,
                    std::span<const Value> values) {
  StoredTensor tensor{.name = std::move(name), .type = type, .shape = std::move(shape), .bytes = {}};
  tensor.bytes.resize(values.size_bytes());
  if (!values.empty()) std::memcpy(tensor.bytes.data(), values.data(), values.size_bytes());
  return tensor;
}

bool same_shape(const std::vector<Index>& found, const std::vector<Index>& expected) {
  if (found.size() != expected.size()) return false;
  for (std::size_t axis = 0; axis < found.size(); ++axis)
    if (expected[axis] >= 0 && found[axis] != expected[axis]) return false;
  return true;
}

template <class Value>
std::vector<Value> values_of(const SafetensorsFile& cell, std::string_view name,
                             const std::vector<Index>& shape, StoredType type) {
  const StoredTensor* tensor = cell.find(name);
  if (tensor == nullptr) fail_column(name, "is missing");
  if (tensor->type != type || !same_shape(tensor->shape, shape))
    fail_column(name, fmt::format("is {} of [{}]", to_string(tensor->type), fmt::join(tensor->shape, ", ")));
  std::vector<Value> values(tensor->bytes.size() / sizeof(Value));
  if (!values.empty()) std::memcpy(values.data(), tensor->bytes.data(), tensor->bytes.size());
  return values;
}

}  // namespace

CellKey::CellKey(std::string kind, int format) : kind_(std::move(kind)) {
  follows_from("kind", kind_).follows_from("format", fmt::format("{}", format));
}

CellKey& CellKey::follows_from(std::string_view what, std::string_view value) {
  text_ += fmt::format("{}: {}\n", what, value);
  return *this;
}

std::string CellKey::file() const {
  return fmt::format("{}-{}.safetensors", kind_, xxh3_128_hex(std::as_bytes(std::span(text_))));
}

CellStore::CellStore(std::filesystem::path folder, Listener listener)
    : folder_(std::move(folder)), listener_(std::move(listener)) {}

std::optional<SafetensorsFile> CellStore::read(const CellKey& key) {
  const std::filesystem::path path = folder_ / key.file();
  if (!std::filesystem::exists(path)) return std::nullopt;
  try {
    SafetensorsFile file =
        read_safetensors(path, {.non_finite = NonFinite::allow, .fingerprint = Fingerprint::required});
    if (word_of(file, key_entry) == key.text()) {
      used_.insert(key.file());
      return file;
    }
    refuse(key, "it was computed from something else");
  } catch (const Error& problem) {
    refuse(key, problem.diagnosis().message);
  }
  return std::nullopt;
}

void CellStore::refuse(const CellKey& key, std::string_view why) {
  if (listener_)
    listener_(
        fmt::format("{} cannot be used and is computed again: {}", (folder_ / key.file()).native(), why));
}

void CellStore::keep(const CellKey& key, SafetensorsFile cell) {
  if (used_.empty()) expect_writable_directory(folder_);
  cell.metadata[key_entry] = key.text();
  write_safetensors(folder_ / key.file(), cell);
  used_.insert(key.file());
}

void put(SafetensorsFile& cell, std::string name, std::vector<Index> shape, std::span<const double> values) {
  cell.tensors.push_back(column(std::move(name), StoredType::f64, std::move(shape), values));
}

void put(SafetensorsFile& cell, std::string name, std::vector<Index> shape,
         std::span<const std::int64_t> values) {
  cell.tensors.push_back(column(std::move(name), StoredType::i64, std::move(shape), values));
}

void put(SafetensorsFile& cell, std::string name, std::vector<Index> shape, std::span<const float> values) {
  cell.tensors.push_back(column(std::move(name), StoredType::f32, std::move(shape), values));
}

std::vector<double> doubles_of(const SafetensorsFile& cell, std::string_view name,
                               const std::vector<Index>& shape) {
  return values_of<double>(cell, name, shape, StoredType::f64);
}

std::vector<std::int64_t> integers_of(const SafetensorsFile& cell, std::string_view name,
                                      const std::vector<Index>& shape) {
  return values_of<std::int64_t>(cell, name, shape, StoredType::i64);
}

std::vector<float> floats_of(const SafetensorsFile& cell, std::string_view name,
                             const std::vector<Index>& shape) {
  return values_of<float>(cell, name, shape, StoredType::f32);
}

std::string word_of(const SafetensorsFile& cell, const std::string& name) {
  const auto found = cell.metadata.find(name);
  if (found == cell.metadata.end()) fail_column(name, "is missing");
  return found->second;
}

}  // namespace weir
