/// How sizes and names from files are written in messages.
#pragma once

#include <concepts>
#include <cstdint>
#include <string>
#include <string_view>

namespace weir {

/// 30730000 -> "30,730,000".
std::string with_commas(std::uint64_t number);
/// Of a whole number as it is printed, which may have a sign.
std::string with_commas(std::string digits);
/// Of counts, which are never negative.
template <std::signed_integral Count>
std::string with_commas(Count count) {
  return with_commas(static_cast<std::uint64_t>(count));
}

/// 1, "image" -> "1 image"; 1000 -> "1,000 images".
std::string count_of(std::int64_t number, std::string_view noun);

/// 11200000 -> "11.2 MB"; decimal units, as disks are sold and as `df -H` prints them.
std::string human_size(std::uint64_t bytes);

/// Text that came from a file or is a path, safe to print: control characters and what is no UTF-8 escaped,
/// at most 80 characters. The middle is left out: what tells paths apart stands at their ends.
std::string legible(std::string_view text);
/// legible(), in backticks.
std::string printable(std::string_view text);

}  // namespace weir
