#include "models/checkpoint_store.h"

#include <charconv>

namespace weir {
namespace {

constexpr int slots = 2;
constexpr const char* generation_key = "generation";

std::optional<std::int64_t> generation_of(const SafetensorsFile& file) {
  const auto found = file.metadata.find(generation_key);
  if (found == file.metadata.end()) return {};
  const std::string& text = found->second;
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return {};
  return value;
}

/// Reads one generation. Nothing: it is damaged, and `why` says how.
std::optional<SafetensorsFile> read_generation(const std::filesystem::path& path, std::string& why) {
  try {
    // Momentum of a network that diverges may overflow; whoever resumes from it learns that at the next step.
    SafetensorsFile file =
        read_safetensors(path, {.non_finite = NonFinite::allow, .fingerprint = Fingerprint::required});
    if (generation_of(file)) return file;
    why = "it does not say which generation it is";
  } catch (const Error& error) {
    if (error.diagnosis().kind != ErrorKind::damaged) throw;
    why = error.diagnosis().message;
  }
  return {};
}

}  // namespace

std::filesystem::path CheckpointStore::path_of(int slot) const {
  return folder_ / (slot == 0 ? "even.checkpoint" : "odd.checkpoint");
}

void CheckpointStore::save(SafetensorsFile checkpoint) {
  const int slot = 1 - newest_slot_;
  checkpoint.metadata[generation_key] = std::to_string(generation_ + 1);
  write_safetensors(path_of(slot), checkpoint);
  newest_slot_ = slot;
  ++generation_;
}

std::optional<CheckpointStore::Found> CheckpointStore::latest(
    const std::function<void(const Diagnosis&)>& warn) {
  std::optional<Found> best;
  std::vector<Diagnosis> damaged;
  for (int slot = 0; slot < slots; ++slot) {
    const std::filesystem::path path = path_of(slot);
    if (!std::filesystem::exists(path)) continue;
    std::string why;
    if (std::optional<SafetensorsFile> file = read_generation(path, why)) {
      const std::int64_t generation = *generation_of(*file);
      if (best && generation <= generation_) continue;
      generation_ = generation;
      newest_slot_ = slot;
      best = {std::move(*file), path};
    } else {
      const std::filesystem::path aside = path.string() + ".bad";
      std::filesystem::rename(path, aside);
      damaged.push_back(
          {.kind = ErrorKind::damaged,
           .code = "W0420",
           .message = fmt::format("checkpoint {} is damaged: {}", path.filename().string(), why),
           .note = fmt::format("it is kept as {}", aside.string())});
    }
  }
  if (!best && !damaged.empty())
    fail({.kind = ErrorKind::damaged,
          .code = "E0421",
          .message = fmt::format("no whole checkpoint is left in {}", folder_.string()),
          .note = damaged.front().message,
          .help = "start again without `--resume`"});
  for (Diagnosis& diagnosis : damaged) {
    diagnosis.note = fmt::format("resuming from the generation before it, {}; {}",
                                 best->path.filename().string(), diagnosis.note);
    warn(diagnosis);
  }
  return best;
}

bool CheckpointStore::empty() const {
  return !std::filesystem::exists(path_of(0)) && !std::filesystem::exists(path_of(1));
}

void CheckpointStore::clear() {
  for (int slot = 0; slot < slots; ++slot) {
    std::filesystem::remove(path_of(slot));
    std::filesystem::remove(path_of(slot).string() + ".bad");
  }
}

}  // namespace weir
