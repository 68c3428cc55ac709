#include "apps/benchmark/profile_table.h"

#include <algorithm>
#include <chrono>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "data/csv.h"
#include "data/json_dump.h"
#include "tensor/profile.h"
#include "tensor/workers.h"

namespace weir {
namespace {

using Json = nlohmann::ordered_json;
using Clock = std::chrono::steady_clock;

constexpr std::pair<Timed, const char*> routines[] = {{Timed::conv_forward, "conv forward"},
                                                      {Timed::conv_input_gradient, "conv input gradient"},
                                                      {Timed::conv_weight_gradient, "conv weight gradient"},
                                                      {Timed::gemm, "gemm"}};

/// Everything that computes, the largest first.
std::vector<ProfileLine> kernel_lines(const Profile& profile) {
  std::vector<ProfileLine> lines;
  const auto add = [&](std::string kind, const Profile::Sum& sum) {
    if (sum.calls == 0) return;
    lines.push_back(
        {.kind = std::move(kind), .milliseconds = sum.milliseconds, .calls = static_cast<double>(sum.calls)});
  };
  for (const auto& [what, kind] : routines) add(kind, profile.of(what));
  for (const auto& [op, sum] : profile.kernels()) add("kernels of " + op, sum);
  std::ranges::sort(lines, std::greater{}, &ProfileLine::milliseconds);
  return lines;
}

/// The time in which a core of a cohort had no piece to compute: all had gone to wait for one another, or
/// those that were left were fewer than the cores.
double waited(const Profile& profile) {
  const double held = profile.of(Timed::piece).milliseconds - profile.of(Timed::away).milliseconds;
  return std::max(0.0, profile.of(Timed::cohort).milliseconds - held);
}

std::string last_line(const WorkProfile& profile) {
  return fmt::format("{:.1f} % of the workers' time was inside kernels ({} threads, {:.3f} ms)",
                     100 * profile.in_kernels, profile.threads, profile.milliseconds);
}

std::string markdown(const std::vector<WorkProfile>& profiles) {
  std::string text;
  for (const WorkProfile& profile : profiles) {
    text += fmt::format("{}{}, {} on {}, {}, batch {}\n\n| kind | ms | share | calls |\n|---|--:|--:|--:|\n",
                        text.empty() ? "" : "\n", profile.network, profile.work, profile.device,
                        to_string(profile.numerics), profile.batch);
    for (const ProfileLine& line : profile.lines)
      text += fmt::format("| {} | {:.3f} | {:.1f} % | {} |\n", line.kind, line.milliseconds, 100 * line.share,
                          line.calls > 0 ? fmt::format("{:.0f}", line.calls) : "-");
    text += "\n" + last_line(profile) + "\n";
  }
  return text;
}

std::string csv(const std::vector<WorkProfile>& profiles) {
  std::string text = "network,work,device,numerics,batch,threads,kind,milliseconds,share,calls\n";
  for (const WorkProfile& profile : profiles)
    for (const ProfileLine& line : profile.lines)
      text += fmt::format("{},{},{},{},{},{},{},{},{},{}\n", csv_quoted(profile.network), profile.work,
                          profile.device, to_string(profile.numerics), profile.batch, profile.threads,
                          line.kind, line.milliseconds, line.share, line.calls);
  return text;
}

std::string json(const std::vector<WorkProfile>& profiles) {
  Json list = Json::array();
  for (const WorkProfile& profile : profiles) {
    Json lines = Json::array();
    for (const ProfileLine& line : profile.lines)
      lines.push_back({{"kind", line.kind},
                       {"milliseconds", line.milliseconds},
                       {"share", line.share},
                       {"calls", line.calls}});
    list.push_back({{"network", profile.network},
                    {"work", profile.work},
                    {"device", profile.device},
                    {"numerics", to_string(profile.numerics)},
                    {"batch", profile.batch},
                    {"threads", profile.threads},
                    {"milliseconds", profile.milliseconds},
                    {"in_kernels", profile.in_kernels},
                    {"lines", lines}});
  }
  return dumped(Json{{"profiles", list}}) + "\n";
}

}  // namespace

WorkProfile profiled(const NetworkGroup& group, const Computing& computing, const TurnOptions& options) {
  const PreparedWork work =
      group.work.prepare({group.network, nullptr, *computing.device, computing.numerics, group.batch});
  work.run();  // primitives are made, pools are filled
  const Profile profile;
  const Clock::time_point start = Clock::now();
  std::chrono::duration<double, std::milli> passed{};
  int runs = 0;
  for (; runs < options.least_samples || passed.count() < options.seconds * 1e3; ++runs) {
    work.run();
    passed = Clock::now() - start;
  }
  const double workers = passed.count() * thread_budget();

  WorkProfile result{.network = group.network.name(),
                     .work = group.work.name,
                     .device = std::string(computing.device->name()),
                     .numerics = computing.numerics,
                     .batch = group.batch,
                     .threads = thread_budget(),
                     .milliseconds = passed.count() / runs,
                     .lines = kernel_lines(profile)};
  double computed = 0;
  for (const ProfileLine& line : result.lines) computed += line.milliseconds;
  result.in_kernels = computed / workers;
  const double waiting = waited(profile);
  result.lines.push_back({.kind = "waiting in the cohort", .milliseconds = waiting});
  result.lines.push_back({.kind = "rest", .milliseconds = workers - computed - waiting});
  for (ProfileLine& line : result.lines) {
    line.share = line.milliseconds / workers;
    line.milliseconds /= runs;
    line.calls /= runs;
  }
  return result;
}

std::string profile_table(const std::vector<WorkProfile>& profiles, TableFormat format) {
  switch (format) {
    case TableFormat::markdown:
      return markdown(profiles);
    case TableFormat::csv:
      return csv(profiles);
    case TableFormat::json:
      return json(profiles);
  }
  return {};
}

}  // namespace weir
