#include "apps/program.h"

#include <algorithm>
#include <filesystem>
#include <new>

#include "apps/commands/commands.h"
#include "apps/environment.h"
#include "apps/help.h"
#include "apps/parse.h"
#include "apps/session.h"
#include "apps/terminal.h"
#include "data/wording.h"
#include "generated/build_info.h"
#include "generated/places.h"

namespace weir {
namespace {

Command program() {
  Command weir({.name = "weir",
                .summary = "measures the flow of information through a network, and how attacks bend it",
                .examples = {"weir eval good-init                  how good is the network that comes along?",
                             "weir attack fgsm good-init           how easily is it fooled?"},
                .details =
                    "`weir COMMAND --help` has the options and two examples. Results go to stdout, progress "
                    "and messages to stderr. Exit codes: 0 done, 1 a check failed, 2 usage, 3 input missing, "
                    "4 input damaged, 5 numerical failure, 6 disk, memory or permission, 7 not available "
                    "here, 70 a bug, 130 or 143 stopped by a signal."});
  for (const auto add :
       {add_study,       add_train,   add_compress, add_distill, add_eval,    add_attack,   add_trace,
        add_lesson_page, add_explain, add_transfer, add_flow,    add_predict, add_gradient, add_models,
        add_bench,       add_data,    add_verify,   add_report,  add_compare, add_doctor})
    add(weir);
  return weir;
}

/// A reader of JSON gets one document from every command, also from one that was stopped or only rehearsed.
std::string words_of_no_result(const Session& session, ExitStatus status) {
  return fmt::format("{{\"finished\": false, \"dry_run\": {}, \"exit\": {}}}\n", session.shared().dry_run,
                     static_cast<int>(status));
}

int run(const std::vector<std::string>& words) {
  const Command weir = program();
  const Parsed parsed = parse(weir, words);
  if (parsed.version) {
    write_results(fmt::format("weir {} ({})\n", WEIR_VERSION, WEIR_COMMIT));
    return 0;
  }
  if (parsed.help) {
    write_results(help_for(*parsed.command));
    return 0;
  }
  apply(parsed.command->shared());
  Session session(*parsed.command, words);
  const ExitStatus status = parsed.command->run(session);
  if (session.shared().json && !session.has_result()) session.result(words_of_no_result(session, status));
  return static_cast<int>(status);
}

Diagnosis of_current_exception() {
  try {
    throw;
  } catch (const Error& error) {
    return error.diagnosis();
  } catch (const std::bad_alloc&) {
    return {.kind = ErrorKind::resource,
            .code = "E0610",
            .message = "out of memory",
            .help = "a smaller `--count` or fewer `--threads` need less"};
  } catch (const std::filesystem::filesystem_error& error) {
    return {.kind = ErrorKind::missing,
            .code = "E0302",
            .message =
                fmt::format("cannot use {}: {}", printable(error.path1().native()), error.code().message())};
  } catch (const std::exception& error) {
    return {.kind = ErrorKind::bug,
            .code = "E9999",
            .message = fmt::format("unexpected exception: {}", error.what())};
  } catch (...) {
    return {.kind = ErrorKind::bug, .code = "E9999", .message = "unexpected exception without a text"};
  }
}

}  // namespace

int run_program(const std::vector<std::string>& words) {
  ignore_signals_about_writing();
  try {
    return run(words);
  } catch (...) {
    const Diagnosis diagnosis = of_current_exception();
    write_message(shown(diagnosis, wants_colour(Stream::error)));
    // The wish for JSON counts even where the rest of the line could not be read.
    if (std::ranges::find(words, "--json") != words.end()) try {
        write_results(as_json(diagnosis));
      } catch (const Error&) {  // stdout is what failed
      }
    return static_cast<int>(diagnosis.kind);
  }
}

}  // namespace weir
