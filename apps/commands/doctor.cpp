#include "apps/commands/commands.h"
#include "apps/doctor_report.h"
#include "apps/session.h"
#include "apps/terminal.h"

namespace weir {
namespace {

/// The report comes first: whoever has to mend the machine needs it.
ExitStatus run_doctor(Session& session) {
  const Machine machine = this_machine();
  const std::vector<SelfCheck> checks = self_test();
  session.result(session.shared().json ? doctor_json(machine, checks) : doctor_text(machine, checks));
  const std::optional<Diagnosis> failure = failure_in(checks);
  if (!failure) return ExitStatus::done;
  // No exception: the document is out already, and there is one only.
  write_message(shown(*failure, wants_colour(Stream::error)));
  return ExitStatus::unavailable;
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
