#include "apps/progress.h"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>

namespace weir {
namespace {

using namespace std::chrono_literals;
constexpr auto redraw_every = 100ms;
constexpr auto line_every = 30s;

double in_seconds(std::chrono::steady_clock::duration duration) {
  return std::chrono::duration<double>(duration).count();
}

/// Three figures at most: 1234, 12.3, 0.12.
std::string rate(double per_second) {
  return per_second >= 100 ? fmt::format("{:.0f}", per_second) : fmt::format("{:.2g}", per_second);
}

}  // namespace

std::string duration_in_words(double seconds) {
  const auto whole = static_cast<long long>(std::llround(std::max(seconds, 0.0)));
  if (whole < 60) return fmt::format("{} s", whole);
  if (whole < 3600) return fmt::format("{} min {:02} s", whole / 60, whole % 60);
  return fmt::format("{} h {:02} min", whole / 3600, whole % 3600 / 60);
}

Progress::Progress(Options options)
    : options_(std::move(options)), started_(options_.now()), drawn_(started_) {}

Progress::~Progress() {
  if (on_screen_) options_.write(wipe);
}

std::string Progress::remaining(Index done, double seconds) const {
  // A first piece may carry warming up; an estimate from less than a second would jump.
  if (done <= *first_ || seconds < 1) return "";
  const double each = seconds / static_cast<double>(done - *first_);
  return duration_in_words(each * static_cast<double>(options_.total - done)) + " left";
}

bool Progress::due(Duration now) const {
  if (options_.style == Style::bar) return !on_screen_ || now - drawn_ >= redraw_every;
  return options_.style == Style::lines && now - drawn_ >= line_every;
}

void Progress::at(Index done, std::string_view detail) {
  const std::lock_guard lock(mutex_);
  if (!first_) first_ = done;
  const Duration now = options_.now();
  if (!due(now)) return;
  drawn_ = now;
  const double seconds = in_seconds(now - started_);
  if (options_.style == Style::lines) return options_.write(line(done, seconds, detail));
  on_screen_ = true;
  options_.write(bar(done, seconds, detail));
}

std::string Progress::bar(Index done, double seconds, std::string_view detail) const {
  constexpr Index cells = 20;
  const Index filled = options_.total > 0 ? std::clamp<Index>(done * cells / options_.total, 0, cells) : 0;
  std::string text = fmt::format("{} [{:#<{}}{:.<{}}] {}/{} {}", options_.what, "", filled, "",
                                 cells - filled, done, options_.total, options_.unit);
  if (seconds >= 1) text += fmt::format(", {}/s", rate(static_cast<double>(done - *first_) / seconds));
  if (const std::string left = remaining(done, seconds); !left.empty()) text += ", " + left;
  if (!detail.empty()) text += fmt::format(", {}", detail);
  // A line that wraps could not be wiped.
  if (static_cast<int>(text.size()) >= options_.columns)
    text.resize(static_cast<std::size_t>(options_.columns - 1));
  return std::string(wipe) + text;
}

std::string Progress::line(Index done, double seconds, std::string_view detail) const {
  std::string text = fmt::format("{}: {}/{} {} after {}", options_.what, done, options_.total, options_.unit,
                                 duration_in_words(seconds));
  if (const std::string left = remaining(done, seconds); !left.empty()) text += ", " + left;
  if (!detail.empty()) text += fmt::format(", {}", detail);
  return text + "\n";
}

}  // namespace weir
