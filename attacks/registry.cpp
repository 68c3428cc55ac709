#include "attacks/registry.h"

#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "attacks/apgd.h"
#include "attacks/battery.h"
#include "attacks/cw.h"
#include "attacks/deepfool.h"
#include "attacks/fgsm.h"
#include "attacks/igsm.h"
#include "attacks/jsma.h"
#include "attacks/mi_fgsm.h"
#include "attacks/noise.h"
#include "attacks/pgd.h"
#include "tensor/suggest.h"

namespace weir {
namespace {

struct Row {
  std::string_view name;
  std::string_view summary;
  std::unique_ptr<Attack> (*make)(OptionReader& reader);
};

template <class Made>
std::unique_ptr<Attack> make(OptionReader& reader) {
  typename Made::Options options;
  options.list(reader);
  return std::make_unique<Made>(options);
}

/// One row an attack; a new attack is one file and one row.
constexpr std::array<Row, 10> table = {{
    {"fgsm", "one step along the sign of the gradient", &make<Fgsm>},
    {"igsm", "many small steps along the sign, within eps of the original", &make<Igsm>},
    {"jsma", "few features, two at a time, where the saliency map is highest", &make<Jsma>},
    {"deepfool", "the nearest decision boundary, by linearising again and again", &make<DeepFool>},
    {"cw", "Carlini & Wagner's L2: the smallest distance that fools, by descent on both", &make<Cw>},
    {"mi-fgsm", "igsm that follows a running sum of gradients", &make<MiFgsm>},
    {"pgd", "many steps from random places of an l-infinity or l2 ball, with restarts", &make<Pgd>},
    {"apgd", "pgd with momentum that chooses its own step sizes", &make<Apgd>},
    {"battery", "the worst case over noise and three forms of apgd, input by input", &make<Battery>},
    {"noise", "random noise as large as an attack's perturbation, as a control", &make<Noise>},
}};

const Row& row_named(std::string_view name) {
  const auto* const found =
      std::find_if(table.begin(), table.end(), [&](const Row& row) { return row.name == name; });
  if (found != table.end()) return *found;
  const std::vector<std::string> names = attack_names();
  fail({.code = "E0208",
        .message = fmt::format("no attack `{}`", name),
        .note = fmt::format("there are {}", fmt::join(names, ", ")),
        .help = suggestion(name, names)});
}

}  // namespace

std::vector<std::string> attack_names() {
  std::vector<std::string> names;
  for (const Row& row : table) names.emplace_back(row.name);
  return names;
}

std::string_view attack_summary(std::string_view name) { return row_named(name).summary; }

std::vector<OptionDescription> attack_options(std::string_view name) {
  OptionReader reader{std::string(name), {}};
  row_named(name).make(reader);
  return {reader.asked().begin(), reader.asked().end()};
}

std::unique_ptr<Attack> make_attack(std::string_view name, const OptionTexts& options,
                                    const OptionContext& context) {
  OptionReader reader(std::string(name), options, context);
  std::unique_ptr<Attack> attack = row_named(name).make(reader);
  reader.finish();
  return attack;
}

}  // namespace weir
