#include "apps/benchmark/network_table.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "apps/benchmark/peak.h"
#include "data/csv.h"
#include "data/json_dump.h"
#include "tensor/workers.h"

namespace weir {
namespace {

using Json = nlohmann::ordered_json;
using Ways = std::vector<std::function<void()>>;

/// A number as `pattern` writes it, or `otherwise`.
std::string written(const std::optional<double>& value, std::string_view pattern,
                    std::string_view otherwise) {
  return value ? fmt::format(fmt::runtime(pattern), *value) : std::string(otherwise);
}

std::string markdown(const std::vector<NetworkRow>& rows) {
  std::string text =
      "| network | work | device | numerics | batch | images/s | ± | ms | relative | of peak | beyond "
      "forward, ms/image "
      "| largest error |\n"
      "|---|---|---|---|--:|--:|--:|--:|--:|--:|--:|--:|\n";
  for (const NetworkRow& row : rows) {
    const auto share = row.peak_share ? std::optional(100 * *row.peak_share) : std::nullopt;
    text +=
        fmt::format("| {} | {} | {} | {} | {} | {:.1f} | {:.1f} | {:.3f} | {:.2f} | {} | {} | {}{} |\n",
                    row.network, row.work, row.device, to_string(row.numerics), row.batch,
                    row.images_per_second(), row.images_per_second_spread(), row.timing.median, row.relative,
                    written(share, "{:.0f} %", "-"), written(row.beyond_forward, "{:.3f}", "-"),
                    written(row.largest_error, "{:.1e}", "-"), row.right ? "" : " WRONG");
  }
  return text;
}

std::string csv(const std::vector<NetworkRow>& rows) {
  std::string text =
      "network,work,device,numerics,batch,images_per_second,images_per_second_spread,milliseconds,spread,"
      "samples,"
      "relative,peak_share,beyond_forward,largest_error,right\n";
  for (const NetworkRow& row : rows)
    text +=
        fmt::format("{},{},{},{},{},{},{},{},{},{},{},{},{},{},{}\n", csv_quoted(row.network), row.work,
                    row.device, to_string(row.numerics), row.batch, row.images_per_second(),
                    row.images_per_second_spread(), row.timing.median, row.timing.spread, row.timing.samples,
                    row.relative, written(row.peak_share, "{}", ""), written(row.beyond_forward, "{}", ""),
                    written(row.largest_error, "{}", ""), row.right ? 1 : 0);
  return text;
}

std::string json(const std::vector<NetworkRow>& rows) {
  Json list = Json::array();
  for (const NetworkRow& row : rows) {
    Json entry = {{"network", row.network},
                  {"work", row.work},
                  {"device", row.device},
                  {"numerics", to_string(row.numerics)},
                  {"batch", row.batch},
                  {"images_per_second", row.images_per_second()},
                  {"images_per_second_spread", row.images_per_second_spread()},
                  {"milliseconds", row.timing.median},
                  {"spread", row.timing.spread},
                  {"samples", row.timing.samples},
                  {"relative", row.relative}};
    if (row.peak_share) entry["peak_share"] = *row.peak_share;
    if (row.beyond_forward) entry["milliseconds_an_image_beyond_forward"] = *row.beyond_forward;
    if (row.largest_error) entry["largest_error"] = *row.largest_error;
    entry["right"] = row.right;
    list.push_back(std::move(entry));
  }
  return dumped(Json{{"threads", thread_budget()}, {"rows", list}}) + "\n";
}

}  // namespace

std::vector<NetworkRow> timed(const NetworkGroup& group, const std::vector<Computing>& computings,
                              const TurnOptions& options) {
  std::vector<PreparedWork> works;
  for (const Computing& c : computings)
    works.push_back(group.work.prepare({group.network, &group.oracle, *c.device, c.numerics, group.batch}));

  const PeakKernel peak;
  Ways ways{[&] { peak.run(); }};
  for (const PreparedWork& work : works) {
    ways.push_back(work.run);
    if (work.forward) ways.push_back(work.forward);
  }
  const std::vector<Timing> timings = measure(ways, options);

  std::vector<NetworkRow> rows;
  const double peak_rate = peak.operations() / timings[0].median;
  std::size_t next = 1;
  for (std::size_t i = 0; i < works.size(); ++i) {
    const PreparedWork& work = works[i];
    NetworkRow row{.network = group.network.name(),
                   .work = group.work.name,
                   .device = std::string(computings[i].device->name()),
                   .numerics = computings[i].numerics,
                   .batch = group.batch,
                   .timing = timings[next++],
                   .right = work.right};
    if (work.operations > 0) row.peak_share = work.operations / row.timing.median / peak_rate;
    if (work.deviation) row.largest_error = work.deviation->largest;
    if (work.forward)
      row.beyond_forward = (row.timing.median - timings[next++].median) / static_cast<double>(group.batch);
    row.relative = row.images_per_second() / (rows.empty() ? row : rows.front()).images_per_second();
    rows.push_back(std::move(row));
  }
  return rows;
}

std::string network_table(const std::vector<NetworkRow>& rows, TableFormat format) {
  switch (format) {
    case TableFormat::markdown:
      return markdown(rows);
    case TableFormat::csv:
      return csv(rows);
    case TableFormat::json:
      return json(rows);
  }
  return {};
}

}  // namespace weir
