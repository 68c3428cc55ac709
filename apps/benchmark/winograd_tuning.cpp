#include "apps/benchmark/winograd_tuning.h"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "data/json_dump.h"
#include "tensor/device.h"

namespace weir {
namespace {

using Json = nlohmann::ordered_json;

constexpr ConvDirection directions[] = {ConvDirection::forward, ConvDirection::input_gradient,
                                        ConvDirection::weight_gradient};

std::string_view to_string(ConvDirection direction) {
  constexpr std::string_view names[] = {"forward", "input_gradient", "weight_gradient"};
  return names[static_cast<std::size_t>(direction)];
}

std::string_view to_string(CpuKind cpu) { return cpu == CpuKind::amx ? "amx" : "avx512"; }

std::string in_cpp(const WinogradRow& row) {
  return fmt::format("{{CpuKind::{}, ConvDirection::{}, {}, {}}},", to_string(row.cpu),
                     to_string(row.direction), row.channels, row.pixels);
}

ConvGeometry geometry_of(const ConvShape& c) {
  return {.in_channels = c.in, .out_channels = c.out, .out_height = c.size, .out_width = c.size};
}

Index channels_of(const TunedConvolution& c) { return std::min(c.shape.in, c.shape.out); }
Index pixels_of(const TunedConvolution& c) { return c.shape.size * c.shape.size; }

/// What a row saves, in milliseconds; where there is no Winograd, the library falls back to the direct form.
double saved(const WinogradRow& row, std::span<const TunedConvolution> convolutions) {
  double sum = 0;
  for (const TunedConvolution& c : convolutions)
    if (c.direction == row.direction && c.winograd && reaches(row, geometry_of(c.shape)))
      sum += c.direct.median - c.winograd->median;
  return sum;
}

TunedConvolution timed_forms(ConvDirection direction, const ConvShape& shape, const TurnOptions& options) {
  const OpWork work = convolution_works(shape)[static_cast<std::size_t>(direction)];
  Device& device = Device::named("onednn");
  const auto direct = work.prepare({device, DType::f32, Numerics::exact});
  const auto winograd = [fast = work.prepare({device, DType::f32, Numerics::fast})] {
    const WinogradEverywhere scope;
    return fast();
  };
  TunedConvolution result{.direction = direction, .shape = shape};
  const bool is_another_form = direct().to_host() != winograd().to_host();
  std::vector<std::function<void()>> ways{[&] { direct(); }};
  if (is_another_form) ways.emplace_back([&] { winograd(); });
  const std::vector<Timing> timings = measure(ways, options);
  result.direct = timings[0];
  if (is_another_form) result.winograd = timings[1];
  return result;
}

std::vector<WinogradRow> best_rows(std::span<const TunedConvolution> convolutions) {
  std::vector<WinogradRow> rows;
  for (const ConvDirection direction : directions)
    if (const auto row = best_row(direction, convolutions)) rows.push_back(*row);
  return rows;
}

}  // namespace

double TunedConvolution::ratio() const { return winograd ? direct.median / winograd->median : 0; }

double TunedConvolution::ratio_spread() const {
  if (!winograd) return 0;
  return ratio() * std::hypot(direct.spread / direct.median, winograd->spread / winograd->median);
}

std::vector<ConvShape> tunable_convolutions(std::span<const Architecture> architectures) {
  std::vector<ConvShape> shapes;
  for (const Architecture& architecture : architectures) {
    Index channels = study_image[0];
    for (const LayerRow& row : layer_table(architecture)) {
      const Index before = std::exchange(channels, row.output[0]);
      if (row.spec.kind != LayerKind::conv) continue;
      const WindowSpec window = window_of(row.spec);
      const ConvShape shape{before, row.output[1], row.output[0]};
      if (window.size == 3 && window.stride == 1 && window.padding == 1 &&
          std::ranges::find(shapes, shape) == shapes.end())
        shapes.push_back(shape);
    }
  }
  return shapes;
}

std::vector<TunedConvolution> tuned(const ConvShape& shape, const TurnOptions& options) {
  std::vector<TunedConvolution> result;
  for (const ConvDirection direction : directions) result.push_back(timed_forms(direction, shape, options));
  return result;
}

std::optional<WinogradRow> best_row(ConvDirection direction, std::span<const TunedConvolution> convolutions) {
  std::optional<WinogradRow> best;
  double most = 0;
  for (const TunedConvolution& a : convolutions)
    for (const TunedConvolution& b : convolutions) {
      const WinogradRow row{cpu_kind(), direction, channels_of(a), pixels_of(b)};
      const double sum = saved(row, convolutions);
      const bool narrower =
          best && sum == most && row.channels >= best->channels && row.pixels >= best->pixels;
      if (sum <= most && !narrower) continue;
      best = row;
      most = sum;
    }
  return best;
}

std::string tuning_markdown(std::span<const TunedConvolution> convolutions) {
  std::string text =
      "| direction | channels | map | windows | direct, ms | ± | Winograd, ms | ± | ratio | ± |\n"
      "|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|\n";
  for (const TunedConvolution& c : convolutions) {
    text += fmt::format("| {} | {} | {}x{} | {} | {:.3f} | {:.3f} | ", to_string(c.direction), c.shape.in,
                        c.shape.size, c.shape.size, c.shape.out, c.direct.median, c.direct.spread);
    text += c.winograd ? fmt::format("{:.3f} | {:.3f} | {:.2f} | {:.2f} |\n", c.winograd->median,
                                     c.winograd->spread, c.ratio(), c.ratio_spread())
                       : "- | - | - | - |\n";
  }
  text += "\nRows of tensor/vendors/winograd_table.h for this machine:\n\n```\n";
  for (const WinogradRow& row : best_rows(convolutions)) text += "    " + in_cpp(row) + "\n";
  return text + "```\n";
}

std::string tuning_json(std::span<const TunedConvolution> convolutions) {
  Json list = Json::array(), rows = Json::array();
  for (const TunedConvolution& c : convolutions) {
    Json entry = {{"direction", to_string(c.direction)},
                  {"in_channels", c.shape.in},
                  {"size", c.shape.size},
                  {"out_channels", c.shape.out},
                  {"direct_milliseconds", c.direct.median},
                  {"direct_spread", c.direct.spread}};
    if (c.winograd) {
      entry["winograd_milliseconds"] = c.winograd->median;
      entry["winograd_spread"] = c.winograd->spread;
      entry["ratio"] = c.ratio();
      entry["ratio_spread"] = c.ratio_spread();
    }
    list.push_back(std::move(entry));
  }
  for (const WinogradRow& row : best_rows(convolutions))
    rows.push_back({{"cpu", to_string(row.cpu)},
                    {"direction", to_string(row.direction)},
                    {"channels", row.channels},
                    {"pixels", row.pixels}});
  return dumped(Json{{"threads", 1}, {"convolutions", list}, {"rows", rows}}) + "\n";
}

}  // namespace weir
