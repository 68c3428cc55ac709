/// The paper's statements, tested on an experiment: what holds, what does not, what was not measured.
#pragma once

#include <string>
#include <vector>

#include "study/experiment.h"
#include "study/page.h"

namespace weir {

/// One finding for each direction in paper.json, in its order.
std::vector<Finding> findings_of(const Experiment& experiment, const Paper& paper);

/// findings.json: the findings and the numbers that decided them.
std::string findings_json(const Experiment& experiment, const std::vector<Finding>& findings);

}  // namespace weir
