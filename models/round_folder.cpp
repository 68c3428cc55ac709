#include "models/round_folder.h"

#include <fmt/format.h>
#include <vector>

#include "data/atomic_file.h"
#include "data/read_file.h"

namespace weir {
namespace fs = std::filesystem;

RoundFolder::RoundFolder(const fs::path& out, std::string identity)
    : folder_(out.string() + ".rounds"), identity_(std::move(identity)) {}

fs::path RoundFolder::weights(Index round) const { return folder_ / fmt::format("{}.safetensors", round); }

fs::path RoundFolder::note_file(Index round) const { return folder_ / fmt::format("{}.json", round); }

bool RoundFolder::begun() const { return fs::exists(identity_file()); }

bool RoundFolder::begun_by_this() const { return begun() && read_text_file(identity_file()) == identity_; }

void RoundFolder::begin() const { write_file_atomically(identity_file(), identity_); }

void RoundFolder::clear() const {
  std::vector<fs::path> ours;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder_)) {
    const std::string name = entry.path().filename();
    if (entry.path() == identity_file() || (name.front() >= '0' && name.front() <= '9'))
      ours.push_back(entry.path());
  }
  for (const fs::path& path : ours) fs::remove_all(path);
}

void RoundFolder::note(Index round, std::string_view line) const {
  write_file_atomically(note_file(round), fmt::format("{}\n", line));
}

std::string RoundFolder::log(Index rounds) const {
  std::string text;
  for (Index round = 1; round <= rounds; ++round)
    text += read_text_file(note_file(round)) + read_text_file(weights(round).string() + ".log.jsonl");
  return text;
}

}  // namespace weir
