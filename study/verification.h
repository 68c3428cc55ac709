/// Whether a folder of results is still what its manifest says.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "study/manifest.h"
#include "study/study.h"

namespace weir {

enum class FileState { unchanged, changed, gone };
std::string_view to_string(FileState state);

struct VerifiedFile {
  std::string file;
  FileState state = FileState::unchanged;
};

struct Verification {
  bool finished = true;                    // the manifest was sealed by a run that ended with 0
  std::vector<VerifiedFile> outputs = {};  // all must be unchanged
  std::vector<VerifiedFile> inputs = {};   // of another machine they may be gone, but not changed

  bool sound() const;
};

/// Hashes every file again that DIR/manifest.json names. Throws Error: missing (E0302) without a manifest,
/// damaged (E0444) for one that cannot be read.
Verification verify_run(const std::filesystem::path& folder);

/// Everything that DIR/manifest.json says. Throws as verify_run().
Manifest manifest_in(const std::filesystem::path& folder);

/// The study that a folder holds, from its manifest: everything but arguments and machine. Throws as
/// verify_run(), and usage (E0216) for the results of another command.
StudyOptions study_in(const std::filesystem::path& folder);

}  // namespace weir
