#include "apps/doctor_report.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "apps/terminal.h"
#include "data/json_dump.h"
#include "data/wording.h"
#include "generated/build_info.h"
#include "generated/places.h"
#include "tensor/device.h"
#include "tensor/vendor.h"
#include "tensor/workers.h"

namespace weir {
namespace {

using Json = nlohmann::ordered_json;

/// The one device that a build may have and a machine may not.
constexpr std::string_view gpu = "cuda";

Json document(const Machine& machine, std::span<const SelfCheck> checks) {
  Json devices = Json::array();
  for (const std::string_view name : Device::available())
    devices.push_back({{"name", name}, {"library", Device::named(name).vendor().description()}});
  Json unusable = Json::object();
  if (const std::string reason = Device::why_unusable(gpu); !reason.empty()) unusable[gpu] = reason;
  Json tests = Json::array();
  bool passed = true;
  for (const SelfCheck& check : checks) {
    tests.push_back(
        {{"what", check.what}, {"device", check.device}, {"passed", check.passed}, {"error", check.error}});
    passed &= check.passed;
  }
  return {{"weir",
           {{"version", WEIR_VERSION},
            {"commit", WEIR_COMMIT},
            {"build_type", WEIR_BUILD_TYPE},
            {"compiler", WEIR_BUILD_COMPILER},
            {"instruction_set", WEIR_BUILD_INSTRUCTION_SET}}},
          {"machine",
           {{"cpu", machine.cpu},
            {"instruction_sets", machine.instruction_sets},
            {"memory_bytes", machine.memory_bytes},
            {"system", machine.system},
            {"settings", machine.settings}}},
          {"threads", thread_budget()},
          {"default_device", Device::fastest().name()},
          {"devices", devices},
          {"unusable_devices", unusable},
          {"self_test", tests},
          {"passed", passed}};
}

std::string device_lines() {
  std::string text;
  for (const std::string_view name : Device::available())
    text += fmt::format("  {:<10} {}{}\n", name, Device::named(name).vendor().description(),
                        name == Device::fastest().name() ? "  (default)" : "");
  if (const std::string reason = Device::why_unusable(gpu); !reason.empty())
    text += fmt::format("  {:<10} not usable: {}\n", gpu, reason);
  return text;
}

std::string test_lines(std::span<const SelfCheck> checks) {
  std::string text;
  for (const SelfCheck& check : checks) {
    text += fmt::format("  {:<5} {:<10} {}", check.passed ? "ok" : "WRONG", check.device, check.what);
    text +=
        check.device.empty() ? "\n" : fmt::format(", {:.2g} of the rounding error allowed\n", check.error);
  }
  return text;
}

}  // namespace

std::string doctor_text(const Machine& machine, std::span<const SelfCheck> checks) {
  return fmt::format(
      "weir      {} ({}), {} build, {}, for {}\n"
      "system    {}\n"
      "cpu       {}\n"
      "          {}\n"
      "memory    {}\n"
      "threads   {}\n"
      "settings  {}\n"
      "\ndevices\n{}\nself-test\n{}",
      WEIR_VERSION, WEIR_COMMIT, WEIR_BUILD_TYPE, WEIR_BUILD_COMPILER, WEIR_BUILD_INSTRUCTION_SET,
      machine.system, machine.cpu, fmt::join(machine.instruction_sets, " "), human_size(machine.memory_bytes),
      thread_budget(),
      machine.settings.empty() ? "none in the environment"
                               : fmt::format("{}", fmt::join(machine.settings, " ")),
      device_lines(), test_lines(checks));
}

std::string doctor_json(const Machine& machine, std::span<const SelfCheck> checks) {
  Json found = document(machine, checks);
  if (const std::optional<Diagnosis> failure = failure_in(checks))
    found.update(Json::parse(as_json(*failure)));
  return dumped(found) + "\n";
}

std::optional<Diagnosis> failure_in(std::span<const SelfCheck> checks) {
  const auto failed = std::ranges::find(checks, false, &SelfCheck::passed);
  if (failed == checks.end()) return {};
  const std::string& device = failed->device;
  return Diagnosis{
      .kind = ErrorKind::unavailable,
      .code = "E0703",
      .message = device.empty() ? fmt::format("the self-test of {} gives a wrong answer", failed->what)
                                : fmt::format("device `{}` gives a wrong result in the self-test: {}", device,
                                              failed->what),
      .note = device.empty() ? "" : fmt::format("{:.3g} times the rounding error allowed", failed->error),
      .help = device.empty() ? "" : "use `--device reference`, and please report it"};
}

}  // namespace weir
