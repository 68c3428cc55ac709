#include "data/safetensors_header.h"

#include <algorithm>
#include <fmt/format.h>
#include <functional>
#include <limits>
#include <nlohmann/json.hpp>
#include <set>
#include <tuple>

#include "data/wording.h"
#include "tensor/check.h"

namespace weir {

namespace fs = std::filesystem;
using nlohmann::json;

namespace {

using Header = SafetensorsHeader;
using Entry = Header::Entry;

/// The ways to complain about one file.
class Complaints {
 public:
  explicit Complaints(const fs::path& path) : file_(printable(path.native())) {}

  const std::string& file() const { return file_; }
  [[noreturn]] void damaged(const char* code, std::string message, std::string note = {}) const {
    fail({.kind = ErrorKind::damaged, .code = code, .message = std::move(message), .note = std::move(note)});
  }
  [[noreturn]] void entry(std::string_view name, const std::string& found) const {
    damaged("E0415", fmt::format("tensor {} of {} {}", printable(name), file_, found));
  }

 private:
  std::string file_;
};

std::string guess_at_kind(std::string_view bytes) {
  if (bytes.starts_with("PK"))
    return "it starts with `PK`: a zip archive, such as .npz or a PyTorch checkpoint";
  if (bytes.starts_with("\x89HDF")) return "it is an HDF5 file, such as Keras writes";
  if (bytes.starts_with("\x93NUMPY")) return "it is an .npy file";
  if (bytes.starts_with("\x80")) return "it may be a Python pickle";
  return "is it a safetensors file?";
}

/// The JSON text between the length and the data.
std::string_view header_text(const Complaints& complain, std::string_view bytes) {
  const std::string& file = complain.file();
  if (bytes.size() < Header::length_size)
    complain.damaged("E0411", fmt::format("{} has {} bytes, a safetensors file starts with a length of 8",
                                          file, bytes.size()));
  std::uint64_t length = 0;
  for (std::size_t i = Header::length_size; i-- > 0;)
    length = length << 8 | static_cast<unsigned char>(bytes[i]);
  if (length > Header::limit)
    complain.damaged(
        "E0412", fmt::format("header of {} claims {} bytes, the limit is 16 MiB", file, with_commas(length)),
        guess_at_kind(bytes));
  if (length > bytes.size() - Header::length_size)
    complain.damaged("E0411",
                     fmt::format("{} ends at byte {}, inside the header, which ends at {}", file,
                                 with_commas(bytes.size()), with_commas(Header::length_size + length)));
  const std::string_view text = bytes.substr(Header::length_size, length);
  if (!text.starts_with('{'))
    complain.damaged("E0413", fmt::format("header of {} does not start with an opening brace", file),
                     guess_at_kind(bytes));
  // The JSON parser takes a zero byte for the end of its input.
  if (const auto zero = text.find('\0'); zero != std::string_view::npos)
    complain.damaged("E0413", fmt::format("header of {} is not JSON: byte 0x00 at byte {}", file, zero));
  return text;
}

json parse_header_json(const Complaints& complain, std::string_view text) {
  std::vector<std::set<std::string>> names;  // of the objects that are open
  const auto check = [&](int depth, json::parse_event_t event, const json& value) {
    if (depth > 2 &&
        (event == json::parse_event_t::object_start || event == json::parse_event_t::array_start))
      complain.damaged("E0415", fmt::format("header of {} is nested too deeply", complain.file()));
    if (event == json::parse_event_t::object_start) names.emplace_back();
    if (event == json::parse_event_t::object_end) names.pop_back();
    if (event == json::parse_event_t::key && !names.back().insert(value.get<std::string>()).second)
      complain.damaged("E0414", fmt::format("name {} occurs twice in the header of {}",
                                            printable(value.get_ref<const std::string&>()), complain.file()));
    return true;
  };
  try {
    return json::parse(text, check);
  } catch (const json::parse_error& error) {
    const std::size_t at = std::min(error.byte == 0 ? 0 : error.byte - 1, text.size());
    complain.damaged("E0413", fmt::format("header of {} is not JSON in UTF-8: {} at byte {}", complain.file(),
                                          at < text.size() ? printable(text.substr(at, 1)) : "it ends", at));
  } catch (const json::exception&) {
    complain.damaged(
        "E0413", fmt::format("header of {} holds a number that no integer type can hold", complain.file()));
  }
}

std::uint64_t whole_number(const json& value, const std::function<void()>& refuse) {
  if (!value.is_number_unsigned() || value.get<std::uint64_t>() > std::numeric_limits<Index>::max()) refuse();
  return value.get<std::uint64_t>();
}

std::vector<Index> parse_shape(const Complaints& complain, std::string_view name, const json& value) {
  std::vector<Index> shape;
  for (const json& extent : value)
    shape.push_back(static_cast<Index>(whole_number(extent, [&] {
      complain.entry(name, fmt::format("has extent {} in its shape, expected a whole number below 2^63",
                                       printable(extent.dump())));
    })));
  return shape;
}

Entry parse_entry(const Complaints& complain, const std::string& name, const json& value) {
  const auto holds = [&](const char* key) { return value.is_object() && value.contains(key); };
  if (!holds("dtype") || !holds("shape") || !holds("data_offsets") || value.size() != 3 ||
      !value["dtype"].is_string() || !value["shape"].is_array() || !value["data_offsets"].is_array() ||
      value["data_offsets"].size() != 2)
    complain.entry(name, "needs exactly `dtype`, `shape` and two `data_offsets`");

  const auto& type_name = value["dtype"].get_ref<const std::string&>();
  const std::optional<StoredType> type = stored_type_named(type_name);
  if (!type)
    complain.damaged("E0419",
                     fmt::format("tensor {} of {} has element type {}, expected F32, F16, BF16, F64 or I64",
                                 printable(name), complain.file(), printable(type_name)));

  Entry entry = {.name = name, .type = *type, .shape = parse_shape(complain, name, value["shape"])};
  const auto refuse_offsets = [&] {
    complain.entry(name, fmt::format("has data_offsets {}", printable(value["data_offsets"].dump())));
  };
  entry.begin = whole_number(value["data_offsets"][0], refuse_offsets);
  entry.end = whole_number(value["data_offsets"][1], refuse_offsets);
  if (entry.begin > entry.end) refuse_offsets();

  const std::optional<std::uint64_t> expected = byte_count(entry.shape, entry.type);
  if (!expected)
    complain.entry(name, fmt::format("has shape {}: more bytes than 2^64", value["shape"].dump()));
  if (*expected != entry.end - entry.begin)
    complain.entry(name, fmt::format("occupies {} bytes, its shape {} of {} needs {}",
                                     with_commas(entry.end - entry.begin), value["shape"].dump(), type_name,
                                     with_commas(*expected)));
  return entry;
}

std::map<std::string, std::string> parse_metadata(const Complaints& complain, const json& value) {
  std::map<std::string, std::string> metadata;
  if (!value.is_object())
    complain.damaged("E0415",
                     fmt::format("`__metadata__` of {} is not an object of strings", complain.file()));
  for (const auto& [key, text] : value.items()) {
    if (!text.is_string())
      complain.damaged("E0415", fmt::format("`__metadata__` of {} maps {} to {}, expected a string",
                                            complain.file(), printable(key), printable(text.dump())));
    metadata[key] = text.get<std::string>();
  }
  return metadata;
}

Header parse_entries(const Complaints& complain, std::string_view text) {
  const json parsed = parse_header_json(complain, text);
  Header header;
  header.text = text;
  for (const auto& [name, value] : parsed.items()) {
    if (name == Header::metadata_key)
      header.metadata = parse_metadata(complain, value);
    else
      header.entries.push_back(parse_entry(complain, name, value));
  }
  std::sort(header.entries.begin(), header.entries.end(), [](const Entry& a, const Entry& b) {
    return std::tie(a.begin, a.end, a.name) < std::tie(b.begin, b.end, b.name);
  });
  return header;
}

/// Every byte of the data belongs to exactly one tensor.
void check_cover(const Complaints& complain, const Header& header, std::size_t file_size) {
  std::uint64_t covered = 0;
  for (const Entry& entry : header.entries) {
    if (entry.begin != covered)
      complain.damaged("E0416", fmt::format("tensor {} of {} starts at data byte {}, {} {}",
                                            printable(entry.name), complain.file(), with_commas(entry.begin),
                                            entry.begin < covered ? "inside the tensor that ends at"
                                                                  : "leaving a hole after",
                                            with_commas(covered)));
    covered = entry.end;
  }
  const std::uint64_t promised = header.data_start() + covered;  // both below 2^63
  if (file_size < promised)
    complain.damaged("E0411", fmt::format("{} ends at byte {}, its header promises {}", complain.file(),
                                          with_commas(file_size), with_commas(promised)));
  if (file_size > promised)
    complain.damaged("E0416", fmt::format("{} has {} bytes after its last tensor", complain.file(),
                                          with_commas(file_size - promised)));
}

}  // namespace

std::optional<std::uint64_t> byte_count(const std::vector<Index>& shape, StoredType type) {
  std::uint64_t count = size_of(type);
  for (const Index extent : shape)
    if (__builtin_mul_overflow(count, static_cast<std::uint64_t>(extent), &count)) return std::nullopt;
  return count;
}

SafetensorsHeader parse_safetensors_header(const fs::path& path, std::string_view bytes) {
  const Complaints complain(path);
  Header header = parse_entries(complain, header_text(complain, bytes));
  check_cover(complain, header, bytes.size());
  return header;
}

}  // namespace weir
