#include "study/lesson_page.h"

#include <nlohmann/json.hpp>

#include "apps/commands/commands.h"
#include "apps/session.h"
#include "data/atomic_file.h"
#include "data/home.h"
#include "data/json_dump.h"
#include "generated/build_info.h"
#include "generated/places.h"
#include "models/zoo.h"
#include "tensor/vendor.h"

namespace weir {
namespace {

constexpr const char* small_network = "docs/lessons/networks/small.safetensors";

ExitStatus run_lesson_page(const StoryOptions& chosen, Session& session) {
  const std::string& out = session.shared().out;
  expect_writable_file(out);
  Device& device = session.device();
  const StoredNetwork network = load_network(find_weights("good-init"), device),
                      small = load_network(find_resource(small_network), device);
  StoryOptions options = chosen;
  options.seed = session.shared().seed;
  std::unique_ptr<Progress> progress;
  const LessonStory story = tell_story(network, small, device, options, [&](Index done, Index total) {
    if (!progress) progress = session.progress("attacks", total, "attacks");
    progress->at(done);
  });
  const std::string page = lesson_page(
      story, {.command = fmt::format("weir lesson-page --images {}", options.images),
              .environment = {{"Weir", fmt::format("{} ({})", WEIR_VERSION, WEIR_COMMIT)},
                              {"Device", fmt::format("{}: {}", device.name(), device.vendor().description())},
                              {"Seed", fmt::format("{}", options.seed)}}});
  write_file_atomically(out, std::string_view(page));
  session.result(session.shared().json
                     ? dumped(nlohmann::ordered_json{{"page", out}, {"bytes", page.size()}}) + "\n"
                     : out + "\n");
  return ExitStatus::done;
}

}  // namespace

void add_lesson_page(Command& weir) {
  const auto options = std::make_shared<StoryOptions>();
  weir.child({.name = "lesson-page",
              .summary = "the interactive lesson: five attacks to move through, one to paint, in one file",
              .examples = {"weir lesson-page", "weir lesson-page --images 1 --out lesson.html"},
              .details =
                  "Open it in a browser: it needs no network and no server, and tells its story without "
                  "scripts, too. The eleven lessons behind it are in docs/lessons/."})
      .option("--images", "N", fmt::format("1 to 5 (default {})", options->images),
              integer_into(options->images, {.low = 1, .high = 5}))
      .writes_to("weir-out/lesson.html")
      .shares({Shared::out, Shared::seed, Shared::device, Shared::threads})
      .runs([options](Session& session) { return run_lesson_page(*options, session); });
}

}  // namespace weir
