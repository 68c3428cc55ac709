#include <nlohmann/json.hpp>

#include "apps/album.h"
#include "apps/attack_options.h"
#include "apps/attack_report.h"
#include "apps/commands/commands.h"
#include "apps/inputs.h"
#include "apps/run_folder.h"
#include "apps/session.h"
#include "apps/targets.h"
#include "attacks/registry.h"
#include "data/json_dump.h"
#include "data/shell_words.h"
#include "data/wording.h"
#include "generated/build_info.h"
#include "generated/places.h"
#include "models/zoo.h"
#include "study/attack_words.h"
#include "study/trace_page.h"
#include "study/trace_pictures.h"
#include "study/trace_table.h"
#include "study/trace_words.h"
#include "tensor/vendor.h"

namespace weir {
namespace {

using Json = nlohmann::ordered_json;

struct TraceCommand {
  NetworkWords network;
  AlbumWords album;
  Index image = 0;     // its id
  std::string target;  // empty: any class but the label
  OptionTexts texts;   // the attack's own, by name
};

std::optional<std::int32_t> target_of(const TraceCommand& options) {
  if (options.target.empty()) return std::nullopt;
  return class_of(options.target, "--target");
}

void write_picture(RunFolder& folder, const std::string& name, const RgbPicture& picture) {
  const std::vector<std::byte> bytes = encode_png(picture);
  folder.write(name, std::string_view(reinterpret_cast<const char*>(bytes.data()), bytes.size()));
}

void write_story(RunFolder& folder, const Trace& trace, const TraceHeading& heading) {
  folder.write("trace.csv", to_csv(trace));
  folder.write("paths.csv", paths_csv(trace));
  write_picture(folder, "original.png", picture_of(trace.first().image, trace));
  write_picture(folder, "adversarial.png", picture_of(trace.last().image, trace));
  write_picture(folder, "difference.png", perturbation_of(trace.last(), trace, perturbation_gain(trace)));
  write_picture(folder, "film.png", film_of(trace, telling_steps(trace, most_shown_steps)));
  folder.write("trace.html", trace_page(trace, heading));
}

Json class_or_null(std::int32_t index) { return index == no_class ? Json(nullptr) : Json(index); }

Json summary(const Trace& trace, const TraceHeading& heading) {
  const AttackRecord& record = trace.record;
  Json settings = Json::object();
  for (const Setting& setting : heading.settings) settings[setting.name] = setting.value;
  const auto fooled = trace.first_fooled();
  return {{"attack", heading.attack},
          {"settings", settings},
          {"network", heading.network},
          {"image", record.id},
          {"label", record.label},
          {"target", class_or_null(record.target)},
          {"status", to_string(record.status)},
          {"clean_confidence", record.clean_confidence},
          {"adversarial_class", class_or_null(record.adversarial_class)},
          {"adversarial_confidence", record.adversarial_confidence},
          {"steps", record.iterations},
          {"first_success", fooled ? Json(*fooled) : Json(nullptr)},
          {"l0_features", trace.last().moved.l0_features},
          {"l2", trace.last().moved.l2},
          {"linf", trace.last().moved.linf},
          {"iip_distance", trace.last().drift.iip},
          {"oip_distance", trace.last().drift.oip}};
}

/// What will be attacked, where it comes from, and with what.
struct Setup {
  std::unique_ptr<Attack> attack;
  OpenedNetwork opened;
  Album album;
  Index row = 0;
};

Setup open_setup(std::unique_ptr<Attack> attack, const TraceCommand& options, RunFolder& folder,
                 const Session& session) {
  folder.reads(find_weights(options.network.weights));
  for (const std::string& file : files_of(options.album)) folder.reads(file);
  Album album = open_album(options.album, session.device());
  const Index row = row_of(options.image, album);
  return {std::move(attack), open_network(options.network, session.device()), std::move(album), row};
}

Trace watched(const Setup& setup, const TraceCommand& options, Session& session) {
  Device& device = session.device();
  Evaluator evaluator(setup.opened.network(), device);
  expect_right_answer(evaluator, setup.album, setup.row);
  const std::int32_t label = setup.album.labels[static_cast<std::size_t>(setup.row)];
  AttackTask task{.images = setup.album.image(setup.row),
                  .truth = Labels::from_host(std::span(&label, 1), device),
                  .rng = {.seed = session.shared().seed},
                  .ids = {options.image}};
  if (const auto target = target_of(options))
    task.targets = Labels::from_host(std::span(&*target, 1), device);
  std::unique_ptr<Progress> progress;
  return trace_attack(*setup.attack, evaluator, task, [&](Index done, Index total) {
    if (!progress) progress = session.progress("information paths", total, "steps");
    progress->at(done);
  });
}

TraceHeading heading_of(const Setup& setup, const TraceCommand& options, const Session& session) {
  Device& device = session.device();
  return {.attack = std::string(setup.attack->name()),
          .settings = setup.attack->settings(),
          .network = setup.opened.stored.architecture.model,
          .image = fmt::format("image {} of {}", options.image, setup.album.source),
          .command = shell_command(session.words()),
          .environment = {{"Weir", fmt::format("{} ({})", WEIR_VERSION, WEIR_COMMIT)},
                          {"Device", fmt::format("{}: {}", device.name(), device.vendor().description())},
                          {"Weights", setup.opened.path},
                          {"Seed", fmt::format("{}", session.shared().seed)}}};
}

ExitStatus run_trace(const std::string& name, TraceCommand options, Session& session) {
  options.album.data = session.shared().data;
  std::unique_ptr<Attack> attack = make_attack(name, options.texts, {.prefix = "--"});
  target_of(options);  // refused before anything is opened
  RunFolder folder(session);
  const Setup setup = open_setup(std::move(attack), options, folder, session);
  const TraceHeading heading = heading_of(setup, options, session);
  session.say(fmt::format(
      "{} ({}) on {}, {}, {} ({})", name, in_words(*setup.attack), described(setup.opened), heading.image,
      with_article(class_word(setup.album.labels[static_cast<std::size_t>(setup.row)], class_names.size())),
      session.device().name()));
  if (session.shared().dry_run) return ExitStatus::done;

  const Trace trace = watched(setup, options, session);
  write_story(folder, trace, heading);
  folder.seal(heading.image, {{"attack", name}, {"status", std::string(to_string(trace.record.status))}});
  const std::string sentence = trace_sentence(trace, words_of_attack(name).title, legible(heading.network));
  session.result(session.shared().json
                     ? dumped(summary(trace, heading)) + "\n"
                     : fmt::format("{}\n{}\n", sentence, (folder.path() / "trace.html").native()));
  return ExitStatus::done;
}

void add_one(Command& parent, const std::string& name) {
  const auto options = std::make_shared<TraceCommand>();
  const bool takes_targets = make_attack(name)->takes_targets();
  const std::string one = fmt::format("weir trace {} good-init --image 31", name);
  Command& command = parent.child(
      {.name = name,
       .summary = std::string(attack_summary(name)),
       .examples = {one, one + (takes_targets ? " --target cat --out dog-to-cat" : " --out dog")},
       .details = "Open trace.html: it needs no network and no server."});
  takes_network(command, options->network)
      .needed_option("--image", "I", "which image: its `id` in records.csv, its row in a file",
                     integer_into(options->image));
  if (takes_targets)
    command.option("--target", "CLASS", "the class that the network shall see: a name or a number",
                   text_into(options->target));
  takes_attack_options(command, name, options->texts)
      .option("--images", "FILE", "an image of these: .npy, float32 [N,3,32,32], values in [-1,1]",
              text_into(options->album.images))
      .option("--labels", "FILE", "theirs: .npy, int64 [N]", text_into(options->album.labels))
      .writes_to("weir-out/trace")
      .shares({Shared::out, Shared::data, Shared::seed, Shared::device, Shared::threads, Shared::dry_run})
      .runs([options, name](Session& session) { return run_trace(name, *options, session); });
}

}  // namespace

void add_trace(Command& weir) {
  Command& trace = weir.child(
      {.name = "trace",
       .summary = "one image, every iteration of one attack, as a page to look at",
       .examples = {"weir trace igsm good-init --image 31",
                    "weir trace fgsm good-init --image 31 --eps 8/255"},
       .details =
           "`weir trace NAME --help` lists the options of one attack. Writes trace.html, trace.csv (a line "
           "an iteration), paths.csv, original.png, adversarial.png, difference.png, film.png and "
           "manifest.json.",
       .children_are = "attack"});
  for (const std::string& name : attack_names()) add_one(trace, name);
}

}  // namespace weir
