#include "apps/training_run.h"

#include <algorithm>
#include <fmt/ranges.h>

#include "apps/session.h"
#include "apps/stop_signal.h"
#include "apps/terminal.h"
#include "attacks/summary.h"
#include "data/shell_words.h"
#include "data/stored_type.h"
#include "generated/build_info.h"
#include "generated/places.h"
#include "study/manifest.h"
#include "study/model_card.h"
#include "tensor/device.h"
#include "tensor/vendor.h"
#include "tensor/workers.h"

namespace weir {
namespace {

/// The command line without what only says how it was run this time.
std::string repeatable(const std::vector<std::string>& words) {
  std::vector<std::string> kept;
  for (std::size_t i = 0; i < words.size(); ++i) {
    const std::string& word = words[i];
    if (word == "--resume" || word == "--fresh" || word == "--quiet" || word == "--json") continue;
    if (word == "--stop-after") {
      ++i;
      continue;
    }
    if (!word.starts_with("--stop-after=")) kept.push_back(word);
  }
  return shell_command(kept);
}

}  // namespace

TrainingStart TrainingWords::start() const {
  if (resume && over)
    fail({.code = "E0006",
          .message = "`--resume` goes on with an earlier run, `--fresh` throws it away: both cannot be",
          .help = "leave one of them out"});
  return resume ? TrainingStart::resume : over ? TrainingStart::over : TrainingStart::fresh;
}

StoredType TrainingWords::type() const {
  if (store == "f16") return StoredType::f16;
  return store == "bf16" ? StoredType::bf16 : StoredType::f32;
}

Command& trains(Command& command, TrainingWords& words) {
  return command.flag("--resume", "go on where the last checkpoint stands", words.resume)
      .flag("--fresh", "throw away what an earlier run began", words.over)
      .option("--store", "TYPE", "of the numbers in the file: f32 (default), f16 or bf16",
              name_into(words.store, {"f32", "f16", "bf16"}))
      .computes(std::nullopt)
      .shares({Shared::out, Shared::data, Shared::seed, Shared::device, Shared::numerics, Shared::threads,
               Shared::dry_run});
}

TrainingEvents training_events(Session& session, const StopSignal& stop) {
  return {
      .on_step =
          [&session, bar = std::shared_ptr<Progress>()](const StepReport& report) mutable {
            if (!bar || report.step == 1) bar = session.progress("train", report.steps, "steps");
            bar->at(report.step, fmt::format("epoch {}, loss {:.3f}, accuracy {:.1f} %", report.epoch,
                                             report.loss, 100 * report.accuracy));
          },
      .on_epoch =
          [&session](const EpochReport& report) {
            const auto part = [](const char* name, const std::optional<double>& accuracy) {
              return accuracy ? fmt::format(", {} {:.2f} %", name, 100 * *accuracy) : std::string();
            };
            session.say(fmt::format("epoch {}/{}: loss {:.4f}, train {:.2f} %{}{}, {}", report.epoch,
                                    report.epochs, report.loss, 100 * report.train_accuracy,
                                    part("held out", report.held_out_accuracy),
                                    part("test", report.test_accuracy), duration_in_words(report.seconds)));
          },
      .on_warning =
          [](const Diagnosis& diagnosis) { write_message(shown(diagnosis, wants_colour(Stream::error))); },
      .should_stop = [&stop] { return stop.received() != 0; }};
}

std::string slow_maps(const Recipe& recipe, const Machine& machine, std::string_view device) {
  const auto has = [&](const char* set) { return std::ranges::count(machine.instruction_sets, set) > 0; };
  if (recipe.feature_maps != DType::bf16 || device != "onednn" || has("amx_bf16") || has("avx512_bf16"))
    return {};
  return fmt::format(
      "recipe {} keeps its maps in bfloat16, for which this CPU has no units: float32 is faster here, "
      "by a recipe like it with \"feature_maps\": \"f32\"",
      recipe.name);
}

void announce(Session& session, const Recipe& recipe, const std::string& what) {
  session.say(what);
  const std::string slow = slow_maps(recipe, this_machine(), session.device().name());
  if (!slow.empty()) session.say(slow);
}

Recipe with_shared(Recipe recipe, const Session& session) {
  if (session.shared().seed_typed) recipe.seed = session.shared().seed;
  recipe.numerics = session.numerics(recipe.numerics);
  return recipe;
}

std::string accuracy_text(const std::optional<Evaluation>& test) {
  if (!test) return {};
  const Rate interval = rate_of(test->correct, test->count);
  return fmt::format("test accuracy {:.2f} % (95 % interval {:.2f} to {:.2f} %)", 100 * test->accuracy(),
                     100 * interval.low, 100 * interval.high);
}

void write_making(const Session& session, const Recipe& recipe) {
  const std::filesystem::path out = session.shared().out, card = card_path(out);
  if (std::filesystem::exists(card) &&
      std::filesystem::last_write_time(card) >= std::filesystem::last_write_time(out))
    return;  // the weights were there already
  Device& device = session.device();
  Making made{.command = repeatable(session.words()),
              .commit = WEIR_COMMIT,
              .version = WEIR_VERSION,
              .recipe = recipe.name,
              .seed = recipe.seed,
              .epochs = recipe.epochs,
              .seconds = 0,
              .finished = utc_now(),
              .device = std::string(device.name()),
              .vendor = device.vendor().description(),
              .numerics = std::string(to_string(recipe.numerics)),
              .threads = thread_budget(),
              .machine = facts_of(this_machine()),
              .first_log_lines = {}};
  read_log(out, made);
  write_card(out, {.name = name_of_weights(out), .made = made, .measured = {}, .notes = {}});
}

ExitStatus status_after(bool finished, const StopSignal& stop) {
  return finished || stop.received() == 0 ? ExitStatus::done : stop.status();
}

}  // namespace weir
