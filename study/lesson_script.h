/// What the lesson page does when scripts run: a small network in plain JavaScript, and the controls.
#pragma once

#include <string>
#include <string_view>

namespace weir {

/// `buildNetwork(small)`: forward and backward of the layers that lesson_json() names. In doubles, so that
/// its logits differ from Weir's by Weir's own rounding.
std::string_view lesson_network_script();

/// Wakes the explorer and the painting board. Needs the network's script and the JSON in #numbers.
std::string_view lesson_controls_script();

std::string_view lesson_style();

}  // namespace weir
