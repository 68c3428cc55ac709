#include "apps/run_folder.h"

#include "apps/machine.h"
#include "apps/session.h"
#include "data/atomic_file.h"
#include "tensor/device.h"
#include "tensor/vendor.h"
#include "tensor/workers.h"

namespace weir {

namespace fs = std::filesystem;

RunFolder::RunFolder(const Session& session)
    : session_(session),
      path_(session.shared().out),
      started_(utc_now()),
      clock_(std::chrono::steady_clock::now()) {
  if (session.shared().dry_run) return;
  std::error_code unknown;  // what is wrong with the path, the next check says
  for (fs::path folder = fs::absolute(path_);
       folder.has_relative_path() && !fs::exists(folder, unknown) && !unknown; folder = folder.parent_path())
    if (folder.has_filename()) made_.push_back(folder);
  expect_writable_directory(path_);
  lock_.emplace(path_);
}

RunFolder::~RunFolder() {
  if (outputs_.empty() && !made_.empty()) remove_what_was_made();
}

/// Only what is empty but for our lock, which is still held: a folder that somebody else uses stays.
void RunFolder::remove_what_was_made() {
  std::error_code ignored;
  Index entries = 0;
  for (fs::directory_iterator entry(made_.front(), ignored); entry != fs::directory_iterator();
       entry.increment(ignored))
    ++entries;
  if (entries != 1) return;
  fs::remove(made_.front() / ".lock", ignored);
  for (const fs::path& folder : made_)
    if (!fs::remove(folder, ignored)) return;
}

void RunFolder::write(const std::string& name, std::string_view text) {
  write_file_atomically(path_ / name, text);
  outputs_.push_back(name);
}

void RunFolder::reads(const std::string& file) {
  // By identity and not by name: a link in this folder may be the file, or the file a link into it.
  std::error_code ignored;
  for (const auto& entry : std::filesystem::directory_iterator(path_, ignored))
    if (std::filesystem::equivalent(entry.path(), file, ignored))
      fail({.code = "E0215",
            .message = fmt::format("`{}` lies in `{}`, where results would be written over it", file,
                                   path_.native()),
            .help = "choose another folder with `--out`"});
  inputs_.push_back(hashed(".", file));
}

void RunFolder::seal(std::string images, std::vector<Fact> settings, ExitStatus status) {
  Device& device = session_.device();
  Manifest manifest{
      .command = session_.words().front(),
      .arguments = session_.words(),
      .seed = session_.shared().seed,
      .threads = thread_budget(),
      .device = std::string(device.name()),
      .numerics = std::string(to_string(session_.numerics())),
      .libraries = {{std::string(device.name()), device.vendor().description()}},
      .host = facts_of(this_machine()),
      .settings = std::move(settings),
      .data = std::move(images),
      .inputs = inputs_,
      .started = started_,
      .finished = utc_now(),
      .seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - clock_).count(),
      .exit_code = static_cast<int>(status)};
  for (const std::string& file : outputs_) manifest.outputs.push_back(hashed(path_, file));
  write_file_atomically(path_ / "manifest.json", to_json(manifest));
}

}  // namespace weir
