#include "apps/command.h"

#include <fmt/format.h>

#include "apps/terminal.h"
#include "tensor/device.h"

namespace weir {
namespace {

/// A device that this build lacks is another thing than a word that names none, or than one that this machine
/// lacks: a program built for a GPU then computes on the CPU, and says so.
Reader device_into(std::string& target) {
  return [&target](const Argument& argument) {
    name_into(target, {"reference", "openblas", "onednn", "cuda", "emulated"})(argument);
    if (const std::string reason = Device::why_unusable(target); !reason.empty()) {
      const Diagnosis warning{.kind = ErrorKind::unavailable,
                              .code = "W0701",
                              .message = fmt::format("device `{}` is not usable here: {}", target, reason),
                              .note = fmt::format("this runs on `{}` instead", Device::fastest().name())};
      write_message(shown(warning, wants_colour(Stream::error)));
      target = Device::fastest().name();
    }
    Device::named(target);
  };
}

Reader threads_into(Index& target) {
  return [&target](const Argument& argument) {
    try {
      integer_into(target, {.low = 1, .high = 1024})(argument);
    } catch (const Error& error) {
      Diagnosis diagnosis = error.diagnosis();
      if (diagnosis.code == "E0206") diagnosis.code = "E0205";
      diagnosis.help = "leave it out to use all CPUs";
      fail(std::move(diagnosis));
    }
  };
}

Reader seed_into(SharedValues& target) {
  return [&target](const Argument& argument) {
    Index value = 0;
    integer_into(value)(argument);
    target.seed = static_cast<std::uint64_t>(value);
    target.seed_typed = true;
  };
}

std::string words_of_numerics(std::optional<Numerics> own) {
  const auto name = [own](Numerics numerics) {
    return fmt::format("{}{}", to_string(numerics), own == numerics ? " (default)" : "");
  };
  return fmt::format("{}{}: the same bits in any batch; {}: the quickest algorithms, on a GPU in TF32",
                     own ? "" : "otherwise the recipe's; ", name(Numerics::exact), name(Numerics::fast));
}

}  // namespace

Command& Command::child(Words words) {
  children_.push_back(std::make_unique<Command>(std::move(words)));
  children_.back()->parent_ = this;
  return *children_.back();
}

Command& Command::positional(std::string name, std::string text, Reader read) {
  return add({Kind::positional, std::move(name), {}, std::move(text), std::move(read)});
}

Command& Command::optional_positional(std::string name, std::string text, Reader read) {
  return add({Kind::optional_positional, std::move(name), {}, std::move(text), std::move(read)});
}

Command& Command::rest(std::string name, std::string text, Reader read) {
  return add({Kind::rest, std::move(name), {}, std::move(text), std::move(read)});
}

Command& Command::option(std::string name, std::string value, std::string text, Reader read) {
  return add({Kind::option, std::move(name), std::move(value), std::move(text), std::move(read)});
}

Command& Command::needed_option(std::string name, std::string value, std::string text, Reader read) {
  return add({Kind::needed_option, std::move(name), std::move(value), std::move(text), std::move(read)});
}

Command& Command::flag(std::string name, std::string text, bool& target) {
  return add(
      {Kind::flag, std::move(name), {}, std::move(text), [&target](const Argument&) { target = true; }});
}

Command& Command::add(Item item) {
  items_.push_back(std::move(item));
  return *this;
}

Command& Command::shares(std::initializer_list<Shared> options) {
  for (const Shared option : options) share(option);
  share(Shared::json);
  share(Shared::quiet);
  return *this;
}

Command& Command::writes_to(std::string out) {
  shared_.out = std::move(out);
  return *this;
}

Command& Command::computes(std::optional<Numerics> numerics) {
  shared_.own_numerics = numerics;
  return *this;
}

Command& Command::runs(std::function<ExitStatus(Session&)> body) {
  body_ = std::move(body);
  return *this;
}

std::string Command::full_name() const {
  return parent_ ? parent_->full_name() + " " + words_.name : words_.name;
}

void Command::share(Shared option) {
  SharedValues& to = shared_;
  switch (option) {
    case Shared::device:
      this->option(
          "--device", "NAME",
          fmt::format("{} (default {})", fmt::join(Device::available(), ", "), Device::fastest().name()),
          device_into(to.device));
      break;
    case Shared::threads:
      this->option("--threads", "N", "default: all CPUs; results are the same for any N",
                   threads_into(to.threads));
      break;
    case Shared::numerics:
      this->option("--numerics", "exact|fast", words_of_numerics(to.own_numerics),
                   name_into(to.numerics, {"exact", "fast"}));
      break;
    case Shared::seed:
      this->option("--seed", "N", fmt::format("of every random number (default {})", to.seed), seed_into(to));
      break;
    case Shared::data:
      this->option("--data", "DIR", "CIFAR-10's folder, or `embedded` (default): the part that comes along",
                   text_into(to.data));
      break;
    case Shared::out:
      this->option("--out", "PATH",
                   to.out.empty() ? "where results go" : "where results go (default " + to.out + ")",
                   text_into(to.out));
      break;
    case Shared::dry_run:
      flag("--dry-run", "say what would be done, and do nothing", to.dry_run);
      break;
    case Shared::json:
      flag("--json", "one JSON document on stdout", to.json);
      break;
    case Shared::quiet:
      flag("--quiet", "no progress, no remarks", to.quiet);
      break;
  }
  items_.back().shared = true;
}

}  // namespace weir
