#include "apps/machine.h"

#include <cstdlib>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <fstream>
#include <sys/utsname.h>
#include <unistd.h>

#include "data/wording.h"

namespace weir {
namespace {

/// What the kernel says of the first CPU under this key; empty where it says nothing.
std::string cpu_fact(std::string_view key) {
  std::ifstream file("/proc/cpuinfo");
  for (std::string line; std::getline(file, line);)
    if (line.starts_with(key))
      if (const auto colon = line.find(": "); colon != std::string::npos) return line.substr(colon + 2);
  return {};
}

std::string cpu_name() {
  const std::string name = cpu_fact("model name");
  return name.empty() ? "unknown" : name;
}

std::vector<std::string> instruction_sets() {
  std::vector<std::string> names;
#if defined(__x86_64__)
  if (__builtin_cpu_supports("sse4.2")) names.push_back("sse4.2");
  if (__builtin_cpu_supports("avx")) names.push_back("avx");
  if (__builtin_cpu_supports("avx2")) names.push_back("avx2");
  if (__builtin_cpu_supports("fma")) names.push_back("fma");
  if (__builtin_cpu_supports("avx512f")) names.push_back("avx512f");
  if (__builtin_cpu_supports("avx512bw")) names.push_back("avx512bw");
  if (__builtin_cpu_supports("avx512vpopcntdq")) names.push_back("avx512vpopcntdq");
  if (__builtin_cpu_supports("avx512vnni")) names.push_back("avx512vnni");
  // By the kernel's list: compilers know different ones of these names, and tiles want the kernel's leave.
  const std::string flags = " " + cpu_fact("flags") + " ";
  for (const std::string name : {"avx512_bf16", "amx_tile", "amx_bf16"})
    if (flags.find(" " + name + " ") != std::string::npos) names.push_back(name);
#endif
  return names;
}

std::string system_name() {
  utsname name{};
  return uname(&name) == 0 ? std::string(name.sysname) + " " + name.release : "unknown";
}

std::vector<std::string> settings() {
  std::vector<std::string> found;
  for (const char* name : {"OMP_NUM_THREADS", "OMP_PROC_BIND", "OMP_PLACES", "ONEDNN_MAX_CPU_ISA",
                           "DNNL_MAX_CPU_ISA", "OPENBLAS_NUM_THREADS", "OPENBLAS_CORETYPE", "WEIR_HOME"})
    if (const char* value = std::getenv(name)) found.push_back(std::string(name) + "=" + value);
  return found;
}

}  // namespace

Machine this_machine() {
  const auto pages = static_cast<std::uint64_t>(sysconf(_SC_PHYS_PAGES));
  return {.cpu = cpu_name(),
          .instruction_sets = instruction_sets(),
          .memory_bytes = pages * static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE)),
          .system = system_name(),
          .settings = settings()};
}

std::vector<Fact> facts_of(const Machine& machine) {
  return {{"cpu", machine.cpu},
          {"instruction sets", fmt::format("{}", fmt::join(machine.instruction_sets, " "))},
          {"memory", human_size(machine.memory_bytes)},
          {"system", machine.system},
          {"environment", fmt::format("{}", fmt::join(machine.settings, " "))}};
}

}  // namespace weir
