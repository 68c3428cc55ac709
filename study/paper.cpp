#include "study/paper.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <nlohmann/json.hpp>

#include "data/read_file.h"
#include "tensor/check.h"

namespace weir {
namespace {

using Json = nlohmann::ordered_json;

std::string key_of(std::string_view a, std::string_view b, std::string_view c) {
  return fmt::format("{}|{}|{}", a, b, c);
}

std::optional<double> as_number(const std::string& text) {
  double value = 0;
  const char* end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, value);
  return error == std::errc{} && rest == end ? std::optional(value) : std::nullopt;
}

int decimals_of(const std::string& text) {
  const auto point = text.find('.');
  return point == std::string::npos ? 0 : static_cast<int>(text.size() - point - 1);
}

RuleKind kind_named(const std::string& name) {
  if (name == "exact") return RuleKind::exact;
  if (name == "interval") return RuleKind::interval;
  if (name == "absolute") return RuleKind::absolute;
  if (name == "relative") return RuleKind::relative;
  expects(name == "none", "no verdict rule is of the kind `{}`", name);
  return RuleKind::none;
}

std::map<std::string, Rule> rules_in(const Json& json) {
  std::map<std::string, Rule> rules;
  for (const auto& [name, rule] : json.items())
    rules[name] = {.name = name,
                   .kind = kind_named(rule.at("kind")),
                   .tolerance = rule.value("tolerance", 0.0),
                   .why = rule.at("why")};
  return rules;
}

/// How far the paper may lie from ours, towards the side on which it does.
double allowance(const Printed& paper, const Measured& ours) {
  const double rounding = 0.5 * std::pow(10.0, -paper.decimals);
  switch (paper.rule.kind) {
    case RuleKind::absolute:
      return rounding + paper.rule.tolerance;
    case RuleKind::relative:
      return rounding + paper.rule.tolerance * std::abs(paper.value);
    case RuleKind::interval: {
      const Interval interval = ours.interval.value_or(Interval{ours.value, ours.value});
      const double reach = paper.value >= ours.value ? interval.high - ours.value : ours.value - interval.low;
      return rounding + std::max(0.0, reach);
    }
    case RuleKind::exact:
    case RuleKind::none:
      break;
  }
  return 0.0;
}

}  // namespace

std::string_view to_string(Verdict verdict) {
  switch (verdict) {
    case Verdict::agrees:
      return "agrees";
    case Verdict::near:
      return "near";
    case Verdict::differs:
      return "differs";
    case Verdict::unjudged:
      break;
  }
  return "unjudged";
}

Verdict judge(const Printed& paper, const Measured& ours) {
  if (paper.rule.kind == RuleKind::none) return Verdict::unjudged;
  const double difference = std::abs(ours.value - paper.value);
  if (paper.rule.kind == RuleKind::exact) return difference == 0.0 ? Verdict::agrees : Verdict::differs;
  const double allowed = allowance(paper, ours);
  if (difference <= allowed) return Verdict::agrees;
  return difference <= 2.0 * allowed ? Verdict::near : Verdict::differs;
}

Paper Paper::read(const std::filesystem::path& path) try {
  const Json json = Json::parse(read_text_file(path));
  Paper paper;
  const auto rules = rules_in(json.at("rules"));
  for (const auto& [name, rule] : rules) paper.rules_.push_back(rule);

  std::map<std::string, std::string> exceptions;
  for (const Json& exception : json.at("row_rules"))
    for (const std::string row : exception.at("rows"))
      for (const std::string column : exception.at("columns"))
        exceptions[key_of(exception.at("table").get<std::string>(), row, column)] = exception.at("rule");

  for (const auto& [table, content] : json.at("tables").items()) {
    paper.titles_[table] = content.at("title");
    for (const auto& [row, cells] : content.at("rows").items())
      for (const auto& [column, cell] : cells.items()) {
        const std::string text = cell, key = key_of(table, row, column);
        const std::string rule_name = exceptions.count(key) != 0
                                          ? exceptions.at(key)
                                          : content.at("rules").value(column, std::string());
        const auto value = as_number(text);
        if (rule_name.empty() || !value)
          paper.words_[key] = text;
        else
          paper.numbers_[key] = {
              .text = text, .value = *value, .decimals = decimals_of(text), .rule = rules.at(rule_name)};
      }
  }
  for (const auto& [section, entries] : json.at("settings").items())
    for (const auto& [name, value] : entries.items()) paper.settings_[key_of(section, name, "")] = value;
  for (const Json& one : json.at("directions"))
    paper.directions_.push_back(
        {one.at("id"), one.at("question"), one.at("statement"), one.at("evidence"), one.at("test")});
  for (const Json& one : json.at("inconsistencies"))
    paper.inconsistencies_.push_back({one.at("where"), one.at("text")});
  return paper;
} catch (const std::exception&
             problem) {  // nlohmann's own errors name the position; an unknown rule is out_of_range
  if (const auto* ours = dynamic_cast<const Error*>(&problem)) throw *ours;
  fail({.kind = ErrorKind::damaged,
        .code = "E0440",
        .message = fmt::format("cannot read the paper's numbers from {}", path.string()),
        .note = problem.what(),
        .help = "restore the file from the repository"});
}

const Printed* Paper::find(std::string_view table, std::string_view row, std::string_view column) const {
  const auto place = numbers_.find(key_of(table, row, column));
  return place == numbers_.end() ? nullptr : &place->second;
}

const Printed& Paper::printed(std::string_view table, std::string_view row, std::string_view column) const {
  const Printed* number = find(table, row, column);
  expects(number != nullptr, "the paper prints no number {} of {} in {}", column, row, table);
  return *number;
}

std::string Paper::word(std::string_view table, std::string_view row, std::string_view column) const {
  const auto place = words_.find(key_of(table, row, column));
  return place == words_.end() ? std::string() : place->second;
}

double Paper::setting(std::string_view section, std::string_view key) const {
  const auto place = settings_.find(key_of(section, key, ""));
  expects(place != settings_.end(), "the study has no setting {} of {}", key, section);
  const auto value = as_number(place->second);
  expects(value.has_value(), "the setting {} of {} is the word `{}`, not a number", key, section,
          place->second);
  return *value;
}

const std::string& Paper::title(std::string_view table) const {
  const auto place = titles_.find(table);
  expects(place != titles_.end(), "the paper has no {}", table);
  return place->second;
}

}  // namespace weir
