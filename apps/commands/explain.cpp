#include <nlohmann/json.hpp>

#include "apps/commands/commands.h"
#include "apps/explanation.h"
#include "apps/session.h"
#include "data/json_dump.h"

namespace weir {
namespace {

/// Names side by side, as many as a line holds.
std::string in_lines(std::span<const Explanation> list) {
  constexpr std::size_t width = 92;
  std::string text, line;
  for (const Explanation& one : list) {
    const std::string name(one.names.front());
    if (!line.empty() && line.size() + 2 + name.size() > width) text += "    " + line + ",\n", line.clear();
    line += (line.empty() ? "" : ", ") + name;
  }
  return text + "    " + line + "\n";
}

std::string overview() {
  return "Attacks:\n" + in_lines(attack_explanations()) + "\nTerms:\n" + in_lines(term_explanations()) +
         fmt::format(
             "\nErrors: {} codes, each at the head of its message; `weir explain errors` lists them.\n",
             error_explanations().size());
}

ExitStatus run_explain(const std::string& word, Session& session) {
  const std::string text = word.empty() ? overview() : explained(word);
  session.result(session.shared().json ? dumped(nlohmann::ordered_json{{"word", word}, {"text", text}}) + "\n"
                                       : text);
  return ExitStatus::done;
}

}  // namespace

void add_explain(Command& weir) {
  const auto word = std::make_shared<std::string>();
  weir.child({.name = "explain",
              .summary = "an attack, a term or an error, in a screenful of plain words",
              .examples = {"weir explain fgsm", "weir explain E0217"},
              .details = "Without a word: what can be explained. `weir explain errors`: every code in a "
                         "line. Two words "
                         "are joined by a dash: gradient-masking."})
      .optional_positional("WORD", "an attack, a term, or the code of an error", text_into(*word))
      .shares({})
      .runs([word](Session& session) { return run_explain(*word, session); });
}

}  // namespace weir
