#include "study/palette.h"

#include <array>
#include <cmath>
#include <cstdlib>

#include "tensor/check.h"

namespace weir {
namespace {

constexpr std::array colours{
    Colour{"ink", "#1c2128", "#e9ebee"},     Colour{"muted", "#5c6673", "#a0a9b4"},
    Colour{"rule", "#c4cad2", "#49515c"},    Colour{"grid", "#e7eaee", "#2b313a"},
    Colour{"surface", "#fefefe", "#14171c"}, Colour{"raised", "#f6f7f9", "#1c2027"},
    Colour{"accent", "#0b5cad", "#7db8f0"},  Colour{"good", "#0a6b4e", "#5cc9a2"},
    Colour{"fair", "#8a5a00", "#e6b450"},    Colour{"poor", "#a8321f", "#f28b76"},
    Colour{"normal", "#20262e", "#f4f5f7"},  Colour{"clean", "#808893", "#8d96a1"},
    Colour{"fgsm", "#d55e00", "#f58a3c"},    Colour{"igsm", "#0072b2", "#56b4e9"},
    Colour{"jsma", "#009e73", "#2fc59a"},    Colour{"deepfool", "#cc79a7", "#e39ac3"},
    Colour{"cw", "#b98700", "#f0c33c"},      Colour{"block1", "#9dc3e6", "#3f6f9e"},
    Colour{"block2", "#6fa3d4", "#548abd"},  Colour{"block3", "#447fb8", "#6fa6da"},
    Colour{"dense", "#e3a86c", "#b9793c"},   Colour{"image", "#d9dde3", "#565f6b"},
    Colour{"shade1", "#15202c", "#f2f6fa"},  Colour{"shade2", "#26384c", "#dbe6f1"},
    Colour{"shade3", "#375271", "#c2d5e8"},  Colour{"shade4", "#4a6d96", "#a8c3df"},
    Colour{"shade5", "#648bb8", "#8bafd4"},  Colour{"shade6", "#83a8d1", "#6f99c5"},
    Colour{"shade7", "#a6c2e2", "#5681ae"},  Colour{"shade8", "#c9dbf0", "#456a93"},
};

void replace_all(std::string& text, std::string_view from, std::string_view to) {
  for (auto at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size()))
    text.replace(at, from.size(), to);
}

/// gnuplot writes "rgb(213,  94,   0)" for a line and "rgb(213,94,0)" for a text where a script said
/// "#d55e00".
enum class Padding { none, spaces };
std::string as_gnuplot_writes(std::string_view hex, Padding padding) {
  const auto [red, green, blue] = rgb(hex);
  if (padding == Padding::none) return fmt::format("rgb({},{},{})", red, green, blue);
  return fmt::format("rgb({:>3}, {:>3}, {:>3})", red, green, blue);
}

/// The first tag without its width and height, so that the page's column sets the size.
std::string without_fixed_size(std::string tag) {
  for (const std::string_view name : {" width=\"", " height=\""}) {
    const auto first = tag.find(name);
    if (first == std::string::npos) continue;
    tag.erase(first, tag.find('"', first + name.size()) + 1 - first);
  }
  return tag;
}

void erase_element(std::string& svg, std::string_view name) {
  const std::string opening = fmt::format("<{}>", name), closing = fmt::format("</{}>", name);
  for (auto first = svg.find(opening); first != std::string::npos; first = svg.find(opening, first)) {
    const auto last = svg.find(closing, first);
    ensures(last != std::string::npos, "an SVG element that does not end");
    svg.erase(first, last + closing.size() - first);
  }
}

}  // namespace

std::span<const Colour> palette() { return colours; }

std::string_view colour(std::string_view name) {
  for (const Colour& one : colours)
    if (one.name == name) return one.light;
  fail({.kind = ErrorKind::bug,
        .code = "E9999",
        .message = fmt::format("the palette has no colour `{}`", name)});
}

std::array<std::uint8_t, 3> rgb(std::string_view hex) {
  std::array<std::uint8_t, 3> parts{};
  for (std::size_t i = 0; i < parts.size(); ++i)
    parts[i] =
        static_cast<std::uint8_t>(std::strtol(std::string(hex.substr(1 + 2 * i, 2)).c_str(), nullptr, 16));
  return parts;
}

std::string mixed(std::string_view from, std::string_view to, double share) {
  const auto a = rgb(from), b = rgb(to);
  std::string hex = "#";
  for (std::size_t i = 0; i < a.size(); ++i)
    hex += fmt::format("{:02x}", static_cast<int>(std::lround(a[i] + share * (b[i] - a[i]))));
  return hex;
}

std::string css_variables(Scheme scheme) {
  std::string css;
  for (const Colour& one : colours)
    css += fmt::format("--{}:{};", one.name, scheme == Scheme::light ? one.light : one.dark);
  return css;
}

std::string inlined_svg(std::string svg, const InlineOptions& options) {
  const auto start = svg.find("<svg");
  ensures(start != std::string::npos, "an SVG without an <svg> element");
  svg.erase(0, start);
  const auto end_of_tag = svg.find('>');
  const std::string tag = without_fixed_size(svg.substr(0, end_of_tag));
  svg.replace(0, end_of_tag,
              tag + fmt::format(" role=\"img\" aria-label=\"{}\"", escaped(options.alternative)));
  erase_element(svg, "title");  // it would pop up as a tooltip, over every part of the picture
  erase_element(svg, "desc");
  for (const std::string_view opening : {"id='", "id=\"", "href='#", "href=\"#", "url(#"})
    replace_all(svg, opening, fmt::format("{}{}_", opening, options.prefix));
  replace_all(svg, " font-family=\"Helvetica\"", "");  // the page's own fonts are better at small sizes
  for (const Colour& one : colours) {
    const std::string variable = fmt::format("var(--{})", one.name);
    replace_all(svg, one.light, variable);
    for (const Padding padding : {Padding::none, Padding::spaces})
      replace_all(svg, as_gnuplot_writes(one.light, padding), variable);
  }
  return svg;
}

std::string with_decimals(double value, int decimals) {
  const std::string text = fmt::format("{:.{}f}", value, decimals);
  const bool nothing_left = text.find_first_of("123456789") == std::string::npos;
  return nothing_left && text.front() == '-' ? text.substr(1) : text;
}

std::string escaped(std::string_view text) {
  std::string safe;
  for (const char c : text) {
    switch (c) {
      case '&':
        safe += "&amp;";
        break;
      case '<':
        safe += "&lt;";
        break;
      case '>':
        safe += "&gt;";
        break;
      case '"':
        safe += "&quot;";
        break;
      default:
        safe += c;
    }
  }
  return safe;
}

std::string message_in_html(std::string_view text) {
  std::string html;
  for (auto open = text.find('`'); open != std::string_view::npos; open = text.find('`')) {
    const auto close = text.find('`', open + 1);
    if (close == std::string_view::npos) break;
    html += escaped(text.substr(0, open)) + "<code>" + escaped(text.substr(open + 1, close - open - 1)) +
            "</code>";
    text.remove_prefix(close + 1);
  }
  return html + escaped(text);
}

}  // namespace weir
