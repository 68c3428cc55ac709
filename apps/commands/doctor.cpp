#include <nlohmann/json.hpp>

#include "apps/commands/commands.h"
#include "apps/machine.h"
#include "apps/self_test.h"
#include "apps/session.h"
#include "data/wording.h"
#include "generated/build_info.h"
#include "generated/places.h"
#include "tensor/device.h"
#include "tensor/vendor.h"
#include "tensor/workers.h"

namespace weir {
namespace {

using Json = nlohmann::ordered_json;

Json document(const Machine& machine, const std::vector<SelfCheck>& checks) {
  Json devices = Json::array();
  for (const std::string_view name : Device::available())
    devices.push_back({{"name", name}, {"library", Device::named(name).vendor().description()}});
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
          {"self_test", tests},
          {"passed", passed}};
}

std::string device_lines() {
  std::string text;
  for (const std::string_view name : Device::available())
    text += fmt::format("  {:<10} {}{}\n", name, Device::named(name).vendor().description(),
                        name == Device::fastest().name() ? "  (default)" : "");
  return text;
}

std::string test_lines(const std::vector<SelfCheck>& checks) {
  std::string text;
  for (const SelfCheck& check : checks) {
    text += fmt::format("  {:<5} {:<10} {}", check.passed ? "ok" : "WRONG", check.device, check.what);
    text +=
        check.device.empty() ? "\n" : fmt::format(", {:.2g} of the rounding error allowed\n", check.error);
  }
  return text;
}

std::string report(const Machine& machine, const std::vector<SelfCheck>& checks) {
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

/// The report comes first: whoever has to mend the machine needs it.
void expect_all_passed(const std::vector<SelfCheck>& checks) {
  for (const SelfCheck& check : checks)
    if (!check.passed)
      fail({.kind = ErrorKind::unavailable,
            .code = "E0703",
            .message = check.device.empty()
                           ? fmt::format("the self-test of {} gives a wrong answer", check.what)
                           : fmt::format("device `{}` gives a wrong result in the self-test: {}",
                                         check.device, check.what),
            .note = check.device.empty()
                        ? ""
                        : fmt::format("{:.3g} times the rounding error allowed", check.error),
            .help = check.device.empty() ? "" : "use `--device reference`, and please report it"});
}

ExitStatus run_doctor(Session& session) {
  const Machine machine = this_machine();
  const std::vector<SelfCheck> checks = self_test();
  if (!session.shared().json)
    session.result(report(machine, checks));
  else if (const Json found = document(machine, checks); found["passed"])
    session.result(found.dump(2) + "\n");
  expect_all_passed(checks);
  return ExitStatus::done;
}

}  // namespace

void add_doctor(Command& weir) {
  weir.child({.name = "doctor",
              .summary = "CPU, libraries and the kernels they chose, threads, and a two-second self-test",
              .examples = {"weir doctor", "weir doctor --json"},
              .details = "Exit code 7 when a device calculates wrongly."})
      .shares({Shared::threads})
      .runs(run_doctor);
}

}  // namespace weir
