/// What `weir doctor` says about machine, build and self-test.
#pragma once

#include <optional>
#include <span>
#include <string>

#include "apps/machine.h"
#include "apps/self_test.h"
#include "tensor/check.h"

namespace weir {

std::string doctor_text(const Machine& machine, std::span<const SelfCheck> checks);

/// One document, whether the checks pass or not: with the key `error` of every message where one does not.
std::string doctor_json(const Machine& machine, std::span<const SelfCheck> checks);

/// The first check that did not pass, as a message (E0703, unavailable).
std::optional<Diagnosis> failure_in(std::span<const SelfCheck> checks);

}  // namespace weir
