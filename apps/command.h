/// One command of `weir`: its words, the arguments it understands, what it does. A command is a tree:
/// `attack` has one child for each attack.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "apps/values.h"
#include "tensor/check.h"
#include "tensor/types.h"

namespace weir {

class Session;

/// What a program answers its caller; kinds of Error add the others.
enum class ExitStatus { done = 0, check_failed = 1, unavailable = 7, interrupted = 130, terminated = 143 };

/// Options that mean the same wherever they appear.
struct SharedValues {
  std::string device;                                      // empty: the fastest that is there
  Index threads = 0;                                       // 0: all CPUs of the process
  std::string numerics;                                    // empty: the command's own
  std::optional<Numerics> own_numerics = Numerics::exact;  // nothing: the recipe's
  std::uint64_t seed = 2018;
  bool seed_typed = false;  // a recipe's own seed gives way to a word, not to a default
  std::string data = "embedded";
  std::string out;
  bool json = false, quiet = false, dry_run = false;
};
enum class Shared { device, threads, numerics, seed, data, json, quiet, dry_run, out };

class Command {
 public:
  struct Words {
    std::string name;
    std::string summary;                   // one line, no full stop
    std::vector<std::string> examples;     // whole command lines, the first two lines a reader sees
    std::string details = {};              // after the options
    std::string children_are = "command";  // what each of its children is
  };
  enum class Kind { positional, optional_positional, rest, option, needed_option, flag };
  struct Item {
    Kind kind;
    std::string name;   // "WEIGHTS", "--eps"
    std::string value;  // "EPS"; empty for flags
    std::string text;
    Reader read;
    bool shared = false;
  };

  explicit Command(Words words) : words_(std::move(words)) {}

  Command& child(Words words);
  Command& positional(std::string name, std::string text, Reader read);
  Command& optional_positional(std::string name, std::string text, Reader read);
  /// One or more words, each handed to the reader.
  Command& rest(std::string name, std::string text, Reader read);
  Command& option(std::string name, std::string value, std::string text, Reader read);
  Command& needed_option(std::string name, std::string value, std::string text, Reader read);
  Command& flag(std::string name, std::string text, bool& target);
  /// In the order in which help shows them. --json and --quiet go with everything and need not be named.
  Command& shares(std::initializer_list<Shared> options);
  /// Where results go unless --out says otherwise.
  Command& writes_to(std::string out);
  /// What the command computes with unless --numerics says otherwise; nothing: what its recipe says.
  Command& computes(std::optional<Numerics> numerics);
  Command& runs(std::function<ExitStatus(Session&)> body);

  const Words& words() const { return words_; }
  /// "weir attack fgsm"
  std::string full_name() const;
  std::span<const Item> items() const { return items_; }
  std::span<const std::unique_ptr<Command>> children() const { return children_; }
  const SharedValues& shared() const { return shared_; }
  /// Commands without a body only have children.
  bool runnable() const { return static_cast<bool>(body_); }
  ExitStatus run(Session& session) const { return body_(session); }

 private:
  Command& add(Item item);
  void share(Shared option);

  Words words_;
  Command* parent_ = nullptr;
  std::vector<Item> items_;
  std::vector<std::unique_ptr<Command>> children_;
  SharedValues shared_;
  std::function<ExitStatus(Session&)> body_;
};

}  // namespace weir
