/// How sizes and names from files are written in messages.
#pragma once

#include <concepts>
#include <cstdint>
#include <string>
#include <string_view>

namespace weir {

/// 30730000 -> "30,730,000".
std::string with_commas(std::uint64_t number);
/// Of counts, which are never negative.
template <std::signed_integral Count>
std::string with_commas(Count count) {
  return with_commas(static_cast<std::uint64_t>(count));
}

/// 1, "image" -> "1 image"; 1000 -> "1,000 images".
std::string count_of(std::int64_t number, std::string_view noun);

/// 11200000 -> "11.2 MB"; decimal units, as disks are sold and as `df -H` prints them.
std::string human_size(std::uint64_t bytes);

/// Text that came from a file, safe to print: control and non-ASCII bytes escaped, at most 80 characters, in
/// backticks.
std::string printable(std::string_view text);

}  // namespace weir
