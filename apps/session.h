/// What a command has in its hands while it runs: the shared options, the device, and where to say what.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "apps/command.h"
#include "apps/progress.h"
#include "tensor/types.h"

namespace weir {

class Device;

class Session {
 public:
  Session(const Command& command, std::vector<std::string> words);

  const SharedValues& shared() const { return shared_; }
  /// The whole command line, for manifests.
  const std::vector<std::string>& words() const { return words_; }
  Device& device() const;
  /// What `--numerics` says, else what the command does by itself.
  Numerics numerics() const;
  /// The same for a command whose recipe says it.
  Numerics numerics(Numerics of_recipe) const;

  /// stdout: the result, whole, at the end.
  void result(std::string_view text) const;
  /// Whether there was one.
  bool has_result() const { return has_result_; }
  /// stderr, unless --quiet: what happens, and hints. A line without its end.
  void say(std::string_view line) const;
  /// A bar on a terminal, lines elsewhere, nothing under --quiet.
  std::unique_ptr<Progress> progress(std::string what, Index total, std::string unit) const;

 private:
  const SharedValues& shared_;
  std::vector<std::string> words_;
  mutable bool has_result_ = false;
};

}  // namespace weir
