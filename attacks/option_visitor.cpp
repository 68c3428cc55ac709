#include "attacks/option_visitor.h"

#include <cmath>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <utility>

#include "tensor/check.h"

namespace weir {

std::string in_words(RealBounds bounds) {
  const std::string low =
      bounds.above_low ? fmt::format("more than {}", bounds.low) : fmt::format("{} or more", bounds.low);
  return bounds.high == RealBounds{}.high ? low : fmt::format("{} and at most {}", low, bounds.high);
}

namespace {

class OptionCheck final : public OptionVisitor {
 public:
  void distance(std::string_view name, double& value, std::string_view help) override {
    real(name, value, help, zero_or_more);
  }
  void length(std::string_view name, PixelNorm, double& value, std::string_view help) override {
    real(name, value, help, zero_or_more);
  }
  void signed_distance(std::string_view name, double& value, std::string_view) override {
    expects(value != 0 && std::isfinite(value), "{} must not be 0, found {}", name, value);
  }
  void real(std::string_view name, double& value, std::string_view, RealBounds bounds) override {
    expects(bounds.contain(value), "{} must be {}, found {}", name, in_words(bounds), value);
  }
  void count(std::string_view name, Index& value, std::string_view, Index least) override {
    expects(value >= least, "{} must be {} or more, found {}", name, least, value);
  }
  void expect_fit(bool fit, std::string_view first, std::string_view second, std::string_view why) override {
    expects(fit, "{} and {} exclude each other: {}", first, second, why);
  }

 private:
  std::size_t one_of(std::string_view name, std::span<const std::string_view> words, std::size_t chosen,
                     std::string_view) override {
    expects(chosen < words.size(), "{} must be one of {}", name, fmt::join(words, ", "));
    return chosen;
  }
};

class SettingsWriter final : public OptionVisitor {
 public:
  void distance(std::string_view name, double& value, std::string_view) override { write(name, value); }
  void length(std::string_view name, PixelNorm, double& value, std::string_view) override {
    write(name, value);
  }
  void signed_distance(std::string_view name, double& value, std::string_view) override {
    write(name, value);
  }
  void real(std::string_view name, double& value, std::string_view, RealBounds) override {
    write(name, value);
  }
  void count(std::string_view name, Index& value, std::string_view, Index) override { write(name, value); }
  void expect_fit(bool, std::string_view, std::string_view, std::string_view) override {}
  std::vector<Setting> written() && { return std::move(written_); }

 private:
  std::size_t one_of(std::string_view name, std::span<const std::string_view> words, std::size_t chosen,
                     std::string_view) override {
    ensures(chosen < words.size(), "settings are those of options that were checked");
    write(name, words[chosen]);
    return chosen;
  }
  template <class Value>
  void write(std::string_view name, const Value& value) {
    written_.push_back({std::string(name), fmt::format("{}", value)});
  }

  std::vector<Setting> written_;
};

}  // namespace

void check_options(const OptionWalk& walk) {
  OptionCheck check;
  walk(check);
}

std::vector<Setting> settings_on(const OptionWalk& walk) {
  SettingsWriter writer;
  walk(writer);
  return std::move(writer).written();
}

}  // namespace weir
