#include "apps/session.h"

#include "apps/terminal.h"
#include "tensor/device.h"

namespace weir {

Session::Session(const Command& command, std::vector<std::string> words)
    : shared_(command.shared()), words_(std::move(words)) {}

Device& Session::device() const {
  Device& device = shared_.device.empty() ? Device::fastest() : Device::named(shared_.device);
  device.set_listener(
      [](const Diagnosis& warning) { write_message(shown(warning, wants_colour(Stream::error))); });
  return device;
}

Numerics Session::numerics() const {
  ensures(shared_.own_numerics.has_value(), "a command without a recipe says what it computes with");
  return numerics(*shared_.own_numerics);
}

Numerics Session::numerics(Numerics of_recipe) const {
  if (shared_.numerics.empty()) return of_recipe;
  return shared_.numerics == to_string(Numerics::fast) ? Numerics::fast : Numerics::exact;
}

void Session::result(std::string_view text) const {
  has_result_ = true;
  write_results(text);
}

void Session::say(std::string_view line) const {
  if (shared_.quiet) return;
  // Over the bar, if there is one: it is drawn again below.
  write_message((is_terminal(Stream::error) ? std::string(Progress::wipe) : std::string()) +
                std::string(line) + "\n");
}

std::unique_ptr<Progress> Session::progress(std::string what, Index total, std::string unit) const {
  const auto style = shared_.quiet                ? Progress::Style::silent
                     : is_terminal(Stream::error) ? Progress::Style::bar
                                                  : Progress::Style::lines;
  return std::make_unique<Progress>(Progress::Options{.what = std::move(what),
                                                      .unit = std::move(unit),
                                                      .total = total,
                                                      .style = style,
                                                      .write = write_message,
                                                      .columns = terminal_columns()});
}

}  // namespace weir
