/// The colours of figures and pages, by name: light and dark. The data colours are those of Okabe & Ito
/// (2008), which people with any of the common colour deficiencies tell apart; every curve also has its own
/// dash or mark.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace weir {

struct Colour {
  std::string_view name;
  std::string_view light;  // #rrggbb; what an SVG file holds
  std::string_view dark;   // what the page shows under a dark scheme
};

std::span<const Colour> palette();

/// The light form of a named colour. Throws Error of kind bug for a name that is not in the palette.
std::string_view colour(std::string_view name);

/// Red, green and blue of "#rrggbb".
std::array<std::uint8_t, 3> rgb(std::string_view hex);

/// From one colour (share 0) to another (share 1), "#rrggbb" each; every part on a straight line.
std::string mixed(std::string_view from, std::string_view to, double share);

/// `--name:#rrggbb;` for every colour, for a page's style sheet.
enum class Scheme { light, dark };
std::string css_variables(Scheme scheme);

struct InlineOptions {
  std::string alternative;  // what the picture shows, in words
  std::string prefix;       // of every id inside, unique on the page
};

/// The SVG as an element of a page: no prologue, no fixed size, palette colours as CSS variables, ids of its
/// own.
std::string inlined_svg(std::string svg, const InlineOptions& options);

/// A number with so many decimals, without a sign where nothing is left of it.
std::string with_decimals(double value, int decimals);

/// Text made safe for HTML and SVG, attributes included.
std::string escaped(std::string_view text);
/// A message in HTML: escaped, and what stands between backticks as code.
std::string message_in_html(std::string_view text);

}  // namespace weir
