/// The network as a training finds it: fresh weights as the recipe says, or those that were given.
#pragma once

#include "models/train_model.h"

namespace weir {

/// Of trained_form(). Throws (usage) where the recipe wants given weights and there are none, or none are
/// wanted and there are.
std::unique_ptr<Sequential> first_network(const TrainingJob& job);

}  // namespace weir
