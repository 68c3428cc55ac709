/// An architecture as text: the `model.json` that is accepted wherever a model's name is.
///
///   {"model": "small", "bn_epsilon": 1e-5, "layers": [
///     {"kind": "conv", "width": 16, "activation": "relu", "norm": "before_activation"},
///     {"kind": "residual", "layers": [{"kind": "conv", "width": 16, "activation": "tanh"}],
///      "shortcut": [{"kind": "conv", "width": 16, "window": 1, "stride": 1, "padding": 0}]},
///     {"kind": "global_max_pool"}, {"kind": "dropout", "rate": 0.1}, {"kind": "linear", "width": 10}]}
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "models/architecture.h"

namespace weir {

std::string to_json(const Architecture& architecture);

/// `source` names the text in messages. Throws Error of kind usage: E0211 not JSON, E0212 a key or value that
/// no layer has, or layers that cannot follow one another.
Architecture architecture_from_json(std::string_view text, const std::string& source);

/// A registered name, or the path of a model.json (recognised by its ending).
Architecture architecture_from(const std::string& name_or_path);

}  // namespace weir
