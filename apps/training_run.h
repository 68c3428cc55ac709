/// What the commands that train share: how a run starts and stops, what it says while it runs, and the card
/// that it leaves.
#pragma once

#include <string>

#include "apps/command.h"
#include "apps/machine.h"
#include "data/cifar.h"
#include "models/recipe.h"
#include "models/train_model.h"

namespace weir {

class StopSignal;

struct TrainingWords {
  bool resume = false, over = false;
  std::string store = "f32";

  /// Throws Error (usage) E0006 where both were said.
  TrainingStart start() const;
  StoredType type() const;
};

/// Gives a command --resume, --fresh and --store, and the shared options of a training.
Command& trains(Command& command, TrainingWords& words);

/// Progress, lines and warnings on stderr; stops at the first signal.
TrainingEvents training_events(Session& session, const StopSignal& stop);

/// Why this recipe trains slowly on this CPU: maps in bfloat16 where the CPU has no units for it; empty where
/// there is no such reason.
std::string slow_maps(const Recipe& recipe, const Machine& machine, std::string_view device);

/// Says what begins, and slow_maps().
void announce(Session& session, const Recipe& recipe, const std::string& what);

/// The recipe with what the command line says instead of it.
Recipe with_shared(Recipe recipe, const Session& session);

/// "test accuracy 91.20 % (95 % interval 90.63 to 91.74 %)"; empty where nothing was measured.
std::string accuracy_text(const std::optional<Evaluation>& test);

/// The card of the weights in --out: how they were made. One that is younger than they are is left alone; an
/// older one speaks of another file and goes.
void write_making(const Session& session, const Recipe& recipe);

/// done, or what the signal that stopped it answers.
ExitStatus status_after(bool finished, const StopSignal& stop);

}  // namespace weir
