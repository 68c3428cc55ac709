#include "data/safetensors.h"

#include <algorithm>
#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>

#include "data/atomic_file.h"
#include "data/gzip.h"
#include "data/hash.h"
#include "data/safetensors_header.h"
#include "data/wording.h"
#include "tensor/check.h"

namespace weir {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t data_alignment = 64;  // a cache line, and what mmap users of other programs hope for
constexpr std::string_view fingerprint_key = "weir_xxh3_128";
constexpr std::size_t fingerprint_length = 32;

[[noreturn]] void fail_damaged(const char* code, std::string message, std::string note = {}) {
  fail({.kind = ErrorKind::damaged, .code = code, .message = std::move(message), .note = std::move(note)});
}

/// Where the digits of the fingerprint stand in a header. Inside a JSON string the quotes would be escaped,
/// so the text found is the key itself.
std::optional<std::size_t> fingerprint_position(std::string_view header) {
  const std::string key = fmt::format("\"{}\":\"", fingerprint_key);
  const auto found = header.find(key);
  if (found == std::string_view::npos || header.size() - found - key.size() < fingerprint_length)
    return std::nullopt;
  return found + key.size();
}

/// XXH3-128 of the whole file with zeros in place of the fingerprint's own digits.
std::string fingerprint_of(std::span<const std::byte> bytes, std::size_t position) {
  std::vector<std::byte> blank(bytes.begin(), bytes.end());
  std::fill_n(blank.begin() + static_cast<std::ptrdiff_t>(position), fingerprint_length, std::byte{'0'});
  return xxh3_128_hex(blank);
}

void check_fingerprint(const fs::path& path, SafetensorsHeader& header, std::span<const std::byte> bytes,
                       Fingerprint policy) {
  const auto kept = header.metadata.extract(std::string(fingerprint_key));
  if (kept.empty() && policy == Fingerprint::if_present) return;
  if (kept.empty())
    fail_damaged("E0417",
                 fmt::format("{} carries no fingerprint, and one is needed here", printable(path.native())));
  const std::optional<std::size_t> position = fingerprint_position(header.text);
  const std::string found =
      position ? fingerprint_of(bytes, SafetensorsHeader::length_size + *position) : "another notation";
  if (found != kept.mapped())
    fail_damaged("E0417",
                 fmt::format("{} is damaged: its fingerprint is {}, expected {}", printable(path.native()),
                             found, printable(kept.mapped())),
                 fmt::format("if another program changed the file on purpose, remove `{}` from its metadata",
                             fingerprint_key));
}

void check_finite(const fs::path& path, const StoredTensor& tensor) {
  if (const auto at = first_non_finite(tensor.type, tensor.bytes))
    fail_damaged("E0418", fmt::format("tensor {} of {} holds NaN or infinity at element {}",
                                      printable(tensor.name), printable(path.native()), with_commas(*at)));
}

std::string_view as_text(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

void append(std::vector<std::byte>& bytes, std::span<const std::byte> more) {
  bytes.insert(bytes.end(), more.begin(), more.end());
}

/// The tensors in the order of the file, and the end of the data.
std::vector<const StoredTensor*> in_file_order(const SafetensorsFile& file) {
  std::vector<const StoredTensor*> order;
  std::set<std::string_view> names = {SafetensorsHeader::metadata_key};
  for (const StoredTensor& tensor : file.tensors) {
    expects(names.insert(tensor.name).second, "tensor name `{}` is taken", tensor.name);
    const auto expected = byte_count(tensor.shape, tensor.type);
    expects(expected == tensor.bytes.size(), "tensor `{}` has {} bytes, its shape needs {}", tensor.name,
            tensor.bytes.size(), expected.value_or(0));
    order.push_back(&tensor);
  }
  std::stable_sort(order.begin(), order.end(), [](const StoredTensor* a, const StoredTensor* b) {
    return size_of(a->type) > size_of(b->type);
  });
  return order;
}

std::string written_header(const SafetensorsFile& file, const std::vector<const StoredTensor*>& order) {
  nlohmann::ordered_json header;
  header[std::string(SafetensorsHeader::metadata_key)] = file.metadata;
  header[std::string(SafetensorsHeader::metadata_key)][std::string(fingerprint_key)] =
      std::string(fingerprint_length, '0');
  std::uint64_t covered = 0;
  for (const StoredTensor* tensor : order) {
    const std::uint64_t end = covered + tensor->bytes.size();
    header[tensor->name] = {{"dtype", std::string(to_string(tensor->type))},
                            {"shape", tensor->shape},
                            {"data_offsets", {covered, end}}};
    covered = end;
  }
  std::string text;
  try {
    text = header.dump();
  } catch (const nlohmann::json::type_error&) {
    fail({.message = "a tensor name or a metadata text is not valid UTF-8"});
  }
  text.resize(
      (SafetensorsHeader::length_size + text.size() + data_alignment - 1) / data_alignment * data_alignment -
          SafetensorsHeader::length_size,
      ' ');
  expects(text.size() <= SafetensorsHeader::limit,
          "the header of this file would have {} bytes, the limit is 16 MiB", text.size());
  return text;
}

}  // namespace

StoredTensor stored(std::string name, std::vector<Index> shape, std::span<const float> values,
                    StoredType type) {
  return {
      .name = std::move(name), .type = type, .shape = std::move(shape), .bytes = encode_floats(type, values)};
}

const StoredTensor* SafetensorsFile::find(std::string_view name) const {
  const auto found =
      std::find_if(tensors.begin(), tensors.end(), [&](const auto& tensor) { return tensor.name == name; });
  return found == tensors.end() ? nullptr : &*found;
}

SafetensorsFile parse_safetensors(const fs::path& path, std::span<const std::byte> bytes,
                                  const SafetensorsOptions& options) {
  SafetensorsHeader header = parse_safetensors_header(path, as_text(bytes));
  check_fingerprint(path, header, bytes, options.fingerprint);

  SafetensorsFile file;
  file.metadata = std::move(header.metadata);
  for (SafetensorsHeader::Entry& entry : header.entries) {
    const auto data = bytes.subspan(header.data_start() + entry.begin, entry.end - entry.begin);
    file.tensors.push_back({.name = std::move(entry.name),
                            .type = entry.type,
                            .shape = std::move(entry.shape),
                            .bytes = {data.begin(), data.end()}});
    if (options.non_finite == NonFinite::refuse) check_finite(path, file.tensors.back());
  }
  return file;
}

SafetensorsFile read_safetensors(const fs::path& path, const SafetensorsOptions& options) {
  return parse_safetensors(path, read_inflated_file(path), options);
}

std::vector<std::byte> serialised_safetensors(const SafetensorsFile& file) {
  const std::vector<const StoredTensor*> order = in_file_order(file);
  const std::string header = written_header(file, order);
  std::vector<std::byte> bytes;
  for (std::size_t i = 0; i < SafetensorsHeader::length_size; ++i)
    bytes.push_back(static_cast<std::byte>(header.size() >> (8 * i)));
  append(bytes, std::as_bytes(std::span(header)));
  for (const StoredTensor* tensor : order) append(bytes, tensor->bytes);
  const std::size_t position = SafetensorsHeader::length_size + *fingerprint_position(header);
  const std::string fingerprint = xxh3_128_hex(bytes);
  std::copy_n(std::as_bytes(std::span(fingerprint)).begin(), fingerprint_length,
              bytes.begin() + static_cast<std::ptrdiff_t>(position));
  return bytes;
}

void write_safetensors(const fs::path& path, const SafetensorsFile& file) {
  const std::vector<std::byte> bytes = serialised_safetensors(file);
  write_file_atomically(path, without_gz(path) == path ? bytes : gzipped(bytes));
}

}  // namespace weir
