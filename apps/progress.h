/// How far a long computation is: a bar where a person looks at a terminal, a plain line now and then where a
/// file does.
#pragma once

#include <chrono>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "tensor/shape.h"

namespace weir {

class Progress {
 public:
  /// To the first column, and erases to the end of the line.
  static constexpr std::string_view wipe = "\r\x1b[K";

  enum class Style { bar, lines, silent };
  using Clock = std::function<std::chrono::steady_clock::duration()>;

  struct Options {
    std::string what;  // "attack"
    std::string unit;  // "images"
    Index total = 0;
    Style style = Style::silent;
    std::function<void(std::string_view)> write;  // bytes for stderr; tests look at them
    Clock now = [] { return std::chrono::steady_clock::now().time_since_epoch(); };  // never set back
    int columns = 80;
  };

  explicit Progress(Options options);
  /// Wipes the bar away: what remains on the screen is the result.
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  /// `done` of the total are ready, in all; what was ready at the first call counts for no rate. `detail` is
  /// shown behind ("loss 0.41"). From any thread; draws at most ten times a second, writes a line at most
  /// every 30 seconds.
  void at(Index done, std::string_view detail = {});

 private:
  using Duration = std::chrono::steady_clock::duration;
  bool due(Duration now) const;
  std::string remaining(Index done, double seconds) const;
  std::string bar(Index done, double seconds, std::string_view detail) const;
  std::string line(Index done, double seconds, std::string_view detail) const;

  Options options_;
  std::mutex mutex_;
  Duration started_;
  Duration drawn_;
  std::optional<Index> first_;
  bool on_screen_ = false;
};

/// 75 -> "1 min 15 s", 4000 -> "1 h 07 min".
std::string duration_in_words(double seconds);

}  // namespace weir
