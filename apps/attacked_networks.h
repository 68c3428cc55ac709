/// The networks that an attack is crafted on: one, or several with a fusion of their losses. The first is the
/// one whose answers count.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "apps/inputs.h"
#include "attacks/ensemble.h"
#include "study/page.h"

namespace weir {

class Command;
class RunFolder;

/// What a command line says about them.
struct AttackedWords {
  NetworkWords judged;
  std::vector<std::string> also;  // paths, or names of weights that come with Weir
  std::string fusion;             // empty: not said
};
/// Gives a command WEIGHTS and --model, and where several networks can be attacked --also and --fusion.
Command& takes_attacked_networks(Command& command, AttackedWords& words, bool takes_ensembles);

class AttackedNetworks {
 public:
  /// Throws Error (usage) E0004 for a fusion of one network, and what open_network does.
  AttackedNetworks(const AttackedWords& words, RunFolder& folder, Device& device);

  const Module& module() const {
    return ensemble_ ? static_cast<const Module&>(*ensemble_) : judged().network();
  }
  Fusion fusion() const { return fusion_; }
  const OpenedNetwork& judged() const { return opened_.front(); }
  bool several() const { return opened_.size() > 1; }
  std::vector<std::string> paths() const;
  /// "good-init, 1,071,542 parameters", and what it was fused with.
  std::string words() const;
  /// Empty for one network.
  std::string fusion_in_words() const;
  /// For the manifest; nothing for one network.
  std::vector<Fact> facts() const;

 private:
  std::vector<OpenedNetwork> opened_;
  Fusion fusion_ = Fusion::probabilities;
  std::unique_ptr<Ensemble> ensemble_;
};

}  // namespace weir
