#include "apps/parse.h"

#include <CLI/CLI.hpp>
#include <functional>

#include "data/wording.h"
#include "tensor/suggest.h"

namespace weir {
namespace {

using Kind = Command::Kind;

/// One command as CLI11 sees it. CLI11 keeps the words only: with its own conversions, requirements and
/// messages, the first complaint would depend on its order of work, and none would say what to do.
struct Grammar {
  const Command* command;
  CLI::App* app;
  std::vector<CLI::Option*> options;  // as command->items()
  std::vector<Grammar> children;

  Grammar(const Command& shown, CLI::App& parser) : command(&shown), app(&parser) {
    app->set_help_flag();
    app->add_flag("-h,--help");
    app->allow_extras();
    app->require_subcommand(0, 1);  // so that a file may have the name of a command
    for (const Command::Item& item : command->items()) options.push_back(add(item));
    for (const auto& child : command->children())
      children.emplace_back(*child, *app->add_subcommand(child->words().name));
  }

  CLI::Option* add(const Command::Item& item) {
    if (item.kind == Kind::flag) return app->add_flag(item.name);
    CLI::Option* option = app->add_option(item.name);
    if (item.kind == Kind::rest) return option->expected(1, 1 << 20)->allow_extra_args();
    return option->expected(1)->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);
  }

  /// Itself and the children on the line, outermost first.
  void for_each_parsed(const std::function<void(const Grammar&)>& use) const {
    use(*this);
    for (const Grammar& child : children)
      if (child.app->parsed()) child.for_each_parsed(use);
  }

  /// Anywhere on the line: `weir --help models` means what `weir models --help` does.
  bool help_asked() const {
    bool asked = false;
    for_each_parsed(
        [&asked](const Grammar& grammar) { asked |= grammar.app->get_option("--help")->count() > 0; });
    return asked;
  }

  const Grammar& deepest() const {
    for (const Grammar& child : children)
      if (child.app->parsed()) return child.deepest();
    return *this;
  }
};

std::vector<std::string> names_of_options(const Command& command) {
  std::vector<std::string> names = {"--help"};
  for (const Command::Item& item : command.items())
    if (item.name.starts_with("-")) names.push_back(item.name);
  return names;
}

std::string hint(std::string_view word, const std::vector<std::string>& known, std::string otherwise) {
  const std::string nearest = suggestion(word, known);
  return nearest.empty() ? otherwise : nearest;
}

[[noreturn]] void refuse_option(const Command& command, std::string_view word) {
  const std::string name(word.substr(0, word.find('=')));
  fail({.code = "E0002",
        .message = fmt::format("unknown option {} for `{}`", printable(name), command.full_name()),
        .help = hint(name, names_of_options(command),
                     fmt::format("`{} --help` lists its options", command.full_name()))});
}

[[noreturn]] void refuse_word(const Command& command, const std::string& word) {
  std::vector<std::string> names;
  for (const auto& child : command.children()) names.push_back(child->words().name);
  if (names.empty())
    fail({.code = "E0003",
          .message = fmt::format("`{}` has no use for {}", command.full_name(), printable(word)),
          .help = fmt::format("`{} --help` shows what it takes", command.full_name())});
  // An attack of `weir trace` is an attack; a command of `weir data` is known by both words.
  const bool attack = command.words().children_are == "attack", root = command.words().name == "weir";
  fail({.code = "E0001",
        .message = fmt::format("no {} {}", command.words().children_are,
                               printable(attack || root ? word : command.words().name + " " + word)),
        .help = root && word == "version"
                    ? "`weir --version` shows it"
                    : hint(word, names, fmt::format("`{} --help` lists them", command.full_name()))});
}

void refuse_what_is_left(const Grammar& grammar) {
  for (const std::string& word : grammar.app->remaining()) {
    if (word == "--") continue;
    if (word.size() > 1 && word.starts_with("-")) refuse_option(*grammar.command, word);
    refuse_word(*grammar.command, word);
  }
}

/// CLI11 gives a flag that stands alone the value "true".
void expect_no_values_on_flags(const Grammar& grammar) {
  const auto items = grammar.command->items();
  for (std::size_t i = 0; i < items.size(); ++i)
    if (items[i].kind == Kind::flag)
      for (const std::string& value : grammar.options[i]->results())
        if (value != "true")
          fail({.code = "E0005",
                .message = fmt::format("`{}` takes no value, found {}", items[i].name, printable(value)),
                .help = fmt::format("write `{}`, or leave it out", items[i].name)});
}

void read_values(const Grammar& grammar) {
  expect_no_values_on_flags(grammar);
  const auto items = grammar.command->items();
  for (std::size_t i = 0; i < items.size(); ++i) {
    const std::vector<std::string> values = grammar.options[i]->results();
    const std::size_t first = items[i].kind == Kind::rest || values.empty() ? 0 : values.size() - 1;
    for (std::size_t j = first; j < values.size(); ++j) items[i].read({items[i].name, values[j]});
  }
}

bool needed(const Command::Item& item) {
  return item.kind == Kind::positional || item.kind == Kind::rest || item.kind == Kind::needed_option;
}

void expect_everything_needed(const Grammar& grammar) {
  const auto items = grammar.command->items();
  const auto& examples = grammar.command->words().examples;
  for (std::size_t i = 0; i < items.size(); ++i)
    if (needed(items[i]) && grammar.options[i]->empty())
      fail({.code = "E0004",
            .message =
                fmt::format("`{}` needs {}: {}", grammar.command->full_name(),
                            items[i].kind == Kind::needed_option ? "`" + items[i].name + "`" : items[i].name,
                            items[i].text),
            .help = examples.empty() ? "" : fmt::format("for example `{}`", examples.front())});
}

void expect_child_chosen(const Command& command) {
  if (command.runnable()) return;
  std::vector<std::string> names;
  for (const auto& child : command.children()) names.push_back(child->words().name);
  fail({.code = "E0004",
        .message = fmt::format("`{}` needs to know which", command.full_name()),
        .note = fmt::format("it is one of {}", fmt::join(names, ", ")),
        .help = fmt::format("`{} --help` says what they do", command.full_name())});
}

/// CLI11 itself only complains about an option at the end of the line, without its value.
[[noreturn]] void refuse_missing_value(const Command& command, const std::string& last_word) {
  for (const Command::Item& item : command.items())
    if (item.name == last_word)
      fail({.code = "E0005",
            .message = fmt::format("`{}` needs a value", item.name),
            .help = fmt::format("write `{} {}`: {}", item.name, item.value, item.text)});
  fail({.code = "E0005", .message = fmt::format("cannot read the command line at {}", printable(last_word))});
}

}  // namespace

Parsed parse(const Command& root, std::span<const std::string> words) {
  if (!words.empty() && words.front() == "help") {
    std::vector<std::string> asked(words.begin() + 1, words.end());
    asked.push_back("--help");
    return parse(root, asked);
  }
  CLI::App app;
  Grammar grammar(root, app);
  CLI::Option* version = app.add_flag("--version");
  try {
    app.parse(std::vector<std::string>(words.rbegin(), words.rend()));
  } catch (const CLI::ParseError&) {
    refuse_missing_value(*grammar.deepest().command, words.empty() ? "" : words.back());
  }
  const Grammar& chosen = grammar.deepest();
  if (version->count() > 0) return {.command = &root, .version = true};
  if (grammar.help_asked()) return {.command = chosen.command, .help = true};
  grammar.for_each_parsed(refuse_what_is_left);
  if (&chosen == &grammar) return {.command = &root, .help = true};
  expect_child_chosen(*chosen.command);
  read_values(chosen);
  expect_everything_needed(chosen);
  return {.command = chosen.command};
}

}  // namespace weir
