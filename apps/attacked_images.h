/// The images that an attack is run on: some of the test set, or those of a file; and what each shall become.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "attacks/attack.h"

namespace weir {

class Command;
class RunFolder;
class Session;

/// What a command line says about them.
struct ImagesWords {
  std::string images, labels;  // files; empty: the test set
  std::string target;          // empty: any class but the label
  Index count = 0;             // of the test set; 0: not said
};

/// Gives a command --count, --images and --labels, and --target where the attack has one.
Command& takes_attacked_images(Command& command, ImagesWords& words, bool takes_targets);

/// Throws Error (usage): E0006 for a count of a file's images, E0004 for images without labels or the other
/// way round.
void expect_one_source(const ImagesWords& words);

struct AttackedImages {
  Tensor images;
  std::vector<std::int32_t> labels;
  std::vector<Index> ids;
  std::vector<std::int32_t> targets = {};  // empty: untargeted
  std::string target = {};                 // what was aimed at, in the command line's word
  Index left_out = 0;                      // since they are of the class that is aimed at
  std::string source;                      // where they come from
  std::string words;                       // "200 of 1,000 test images of ..."

  Index count() const { return images.rows(); }
  /// Some of them as a task.
  AttackTask task(RowRange rows, const Rng& rng, Fusion fusion) const;
  /// The first `rows` of them, and that the rest was not reached.
  AttackedImages first(Index rows) const;
};

/// What is read is noted in the folder. What already is of the class that is aimed at is left out. Throws
/// Error (usage) E0224 where that leaves nothing, and what files throw.
AttackedImages open_attacked_images(const ImagesWords& words, RunFolder& folder, Session& session);

}  // namespace weir
