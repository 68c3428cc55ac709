#include "models/recipe.h"

#include <algorithm>
#include <array>
#include <functional>
#include <limits>
#include <nlohmann/json.hpp>

#include "data/hash.h"
#include "data/home.h"
#include "data/read_file.h"
#include "models/json_text.h"
#include "optim/adam.h"
#include "optim/sgd.h"
#include "tensor/suggest.h"

namespace weir {
namespace {

using Json = nlohmann::ordered_json;

/// One key of the file: how it is read into a recipe and written back. `accepts` says what it takes, for
/// messages.
struct Field {
  std::string_view key;
  std::string accepts;
  std::function<bool(Recipe&, const Json&)> read;  // false: not acceptable
  std::function<Json(const Recipe&)> write;
  bool later = false;  // younger than the first weights: left out of the canonical text at its default
};

Field text_field(std::string_view key, std::string Recipe::*member) {
  return {key, "a text",
          [=](Recipe& recipe, const Json& value) {
            if (!value.is_string()) return false;
            recipe.*member = value.get<std::string>();
            return true;
          },
          [=](const Recipe& recipe) { return Json(recipe.*member); }};
}

struct Bounds {
  double low = 0;
  double high = 0;
};

template <class Number>
bool read_number(const Json& value, Bounds bounds, Number& result) {
  constexpr bool whole = std::numeric_limits<Number>::is_integer;
  if (whole ? !value.is_number_integer() : !value.is_number()) return false;
  const double number = value.get<double>();
  if (!(number >= bounds.low && number <= bounds.high)) return false;
  result = value.get<Number>();
  return true;
}

template <class Number>
Field number_field(std::string_view key, Number Recipe::*member, Bounds bounds) {
  return {
      key,
      fmt::format("a {} from {} to {}", std::numeric_limits<Number>::is_integer ? "whole number" : "number",
                  bounds.low, bounds.high),
      [=](Recipe& recipe, const Json& value) { return read_number(value, bounds, recipe.*member); },
      [=](const Recipe& recipe) { return Json(recipe.*member); }};
}

template <class Choice>
using Choices = std::vector<std::pair<std::string_view, Choice>>;

template <class Choice>
Field choice_field(std::string_view key, Choice Recipe::*member, const Choices<Choice>& choices) {
  std::vector<std::string> words;
  for (const auto& [word, choice] : choices) words.push_back(fmt::format("\"{}\"", word));
  return {key, fmt::format("{}", fmt::join(words, ", ")),
          [=](Recipe& recipe, const Json& value) {
            for (const auto& [word, choice] : choices)
              if (value.is_string() && value.get<std::string>() == word) {
                recipe.*member = choice;
                return true;
              }
            return false;
          },
          [=](const Recipe& recipe) {
            for (const auto& [word, choice] : choices)
              if (choice == recipe.*member) return Json(word);
            return Json();
          }};
}

Field list_field(std::string_view key, std::vector<double> Recipe::*member, Bounds bounds) {
  return {key, fmt::format("a list of numbers from {} to {}", bounds.low, bounds.high),
          [=](Recipe& recipe, const Json& value) {
            if (!value.is_array()) return false;
            std::vector<double> numbers(value.size());
            for (std::size_t i = 0; i < numbers.size(); ++i)
              if (!read_number(value[i], bounds, numbers[i])) return false;
            recipe.*member = numbers;
            return true;
          },
          [=](const Recipe& recipe) { return Json(recipe.*member); }};
}

Field later(Field field) {
  field.later = true;
  return field;
}

// The order is the one in which a recipe reads well, and the one of its canonical text.
const std::vector<Field>& fields() {
  static const std::vector<Field> all = {
      text_field("name", &Recipe::name),
      text_field("model", &Recipe::model),
      number_field("seed", &Recipe::seed, {0, 9007199254740992.0}),  // what a JSON number holds exactly
      number_field("epochs", &Recipe::epochs, {1, 100000}),
      number_field("batch", &Recipe::batch, {1, 50000}),
      later(number_field("holdout", &Recipe::holdout, {0, 25000})),
      choice_field<Initialisation>(
          "initialisation", &Recipe::initialisation,
          {{"he", Initialisation::he}, {"lsuv", Initialisation::lsuv}, {"given", Initialisation::given}}),
      choice_field<NormUse>("norm", &Recipe::norm,
                            {{"as_model", NormUse::as_model}, {"fold", NormUse::fold}}),
      number_field("norm_momentum", &Recipe::norm_momentum, {0, 1}),
      number_field("norm_images", &Recipe::norm_images, {0, 1000000}),
      later(choice_field<DType>("feature_maps", &Recipe::feature_maps,
                                {{"f32", DType::f32}, {"bf16", DType::bf16}})),
      later(choice_field<Numerics>("numerics", &Recipe::numerics,
                                   {{"exact", Numerics::exact}, {"fast", Numerics::fast}})),
      list_field("dropout", &Recipe::dropout, {0, 0.95}),
      number_field("temperature", &Recipe::temperature, {0.01, 1000}),
      later(choice_field<Head>("head", &Recipe::head,
                               {{"naive", Head::naive}, {"reparametrised", Head::reparametrised}})),
      later(choice_field<ScheduleKind>("schedule", &Recipe::schedule,
                                       {{"one_cycle", ScheduleKind::one_cycle},
                                        {"step", ScheduleKind::step},
                                        {"cosine", ScheduleKind::cosine}})),
      number_field("peak_rate", &Recipe::peak_rate, {0, 100}),
      number_field("warm_up", &Recipe::warm_up, {0, 1}),
      number_field("start_fraction", &Recipe::start_fraction, {0, 1}),
      number_field("end_fraction", &Recipe::end_fraction, {0, 1}),
      later(list_field("drops", &Recipe::drops, {0, 1})),
      later(number_field("drop_factor", &Recipe::drop_factor, {0, 1})),
      later(choice_field<OptimiserKind>(
          "optimiser", &Recipe::optimiser,
          {{"sgd", OptimiserKind::sgd}, {"adam", OptimiserKind::adam}, {"adamw", OptimiserKind::adamw}})),
      number_field("momentum", &Recipe::momentum, {0, 0.9999}),
      later(number_field("beta1", &Recipe::beta1, {0, 0.9999})),
      later(number_field("beta2", &Recipe::beta2, {0, 0.999999})),
      later(number_field("epsilon", &Recipe::epsilon, {1e-16, 1})),
      number_field("weight_decay", &Recipe::weight_decay, {0, 1}),
      number_field("clip_norm", &Recipe::clip_norm, {0, 1e9}),
      later(number_field("max_norm", &Recipe::max_norm, {0, 1e9})),
      number_field("ema_decay", &Recipe::ema_decay, {0, 0.999999}),
      choice_field<Flip>(
          "flip", &Recipe::flip,
          {{"none", Flip::none}, {"random", Flip::random}, {"alternating", Flip::alternating}}),
      number_field("crop", &Recipe::crop, {0, 16}),
  };
  return all;
}

/// Where a key stands in the text. Keys are unique words of a flat object, so the first quoted one is it.
TextPlace place_of_key(std::string_view text, std::string_view key) {
  return place_of(text, std::min(text.find(fmt::format("\"{}\"", key)), text.size()));
}

[[noreturn]] void fail_unknown_key(std::string_view text, const std::string& source, const std::string& key) {
  std::vector<std::string_view> known;
  for (const Field& field : fields()) known.push_back(field.key);
  const TextPlace place = place_of_key(text, key);
  fail({.kind = ErrorKind::usage,
        .code = "E0210",
        .message = fmt::format("unknown key `{}` at {}:{}:{}", key, source, place.line, place.column),
        .note = pointing_at(place, key.size() + 2),
        .help = suggestion(key, known)});
}

[[noreturn]] void fail_value(std::string_view text, const std::string& source, const Field& field,
                             const Json& found) {
  const TextPlace place = place_of_key(text, field.key);
  fail({.kind = ErrorKind::usage,
        .code = "E0213",
        .message = fmt::format("`{}` is {} at {}:{}:{}, expected {}", field.key, found.dump(), source,
                               place.line, place.column, field.accepts),
        .note = pointing_at(place, field.key.size() + 2),
        .help = {}});
}

constexpr std::string_view like_key = "like";

/// The recipe that this one says it is like; a default one where it says nothing. `chain` is what was read on
/// the way here, to find circles.
Recipe starting_point(const Json& json, std::string_view text, const std::string& source,
                      std::vector<std::string>& chain);

Recipe recipe_in(std::string_view text, const std::string& source, std::vector<std::string>& chain) {
  const Json json = parse_json_text<Json>(text, source);
  if (!json.is_object())
    fail({.kind = ErrorKind::usage,
          .code = "E0213",
          .message = fmt::format("{} is not a JSON object", source)});
  Recipe recipe = starting_point(json, text, source, chain);
  for (const auto& item : json.items()) {
    const std::string& key = item.key();
    const Json& value = item.value();
    if (key == like_key) continue;
    const auto field =
        std::find_if(fields().begin(), fields().end(), [&](const Field& f) { return f.key == key; });
    if (field == fields().end()) fail_unknown_key(text, source, key);
    if (!field->read(recipe, value)) fail_value(text, source, *field, value);
  }
  return recipe;
}

Recipe recipe_called(const std::string& name_or_path, std::vector<std::string>& chain) {
  if (name_or_path.ends_with(".json")) return recipe_in(read_text_file(name_or_path), name_or_path, chain);
  const std::vector<std::string> names = recipe_names();
  if (std::find(names.begin(), names.end(), name_or_path) == names.end())
    fail({.kind = ErrorKind::usage,
          .code = "E0214",
          .message = fmt::format("no recipe `{}`", name_or_path),
          .note = fmt::format("the recipes are {}; a path that ends in .json is accepted too",
                              fmt::join(names, ", ")),
          .help = suggestion(name_or_path, names)});
  const std::filesystem::path path = find_resource("models/recipes") / (name_or_path + ".json");
  return recipe_in(read_text_file(path), path.filename().string(), chain);
}

Recipe starting_point(const Json& json, std::string_view text, const std::string& source,
                      std::vector<std::string>& chain) {
  if (!json.contains(like_key)) return {};
  const Json& like = json[std::string(like_key)];
  const Field field{like_key, "the name of a recipe or a path that ends in .json", {}, {}};
  if (!like.is_string()) fail_value(text, source, field, like);
  std::string next = like.get<std::string>();
  if (next.ends_with(".json")) next = std::filesystem::path(source).parent_path() / next;
  chain.push_back(next);
  if (std::count(chain.begin(), chain.end(), next) > 1)
    fail({.kind = ErrorKind::usage,
          .code = "E0218",
          .message = fmt::format("{} is like itself, by way of {}", next, fmt::join(chain, ", ")),
          .note = pointing_at(place_of_key(text, like_key), like_key.size() + 2)});
  return recipe_called(next, chain);
}

}  // namespace

Schedule Recipe::rates() const {
  switch (schedule) {
    case ScheduleKind::one_cycle:
      return OneCycle{peak_rate, warm_up, start_fraction, end_fraction};
    case ScheduleKind::step:
      return StepDescent{peak_rate, drops, drop_factor};
    case ScheduleKind::cosine:
      return CosineDescent{peak_rate, warm_up, start_fraction, end_fraction};
  }
  return {};
}

std::unique_ptr<Optimiser> make_optimiser(const Recipe& recipe, std::vector<Parameter*> parameters) {
  if (recipe.optimiser == OptimiserKind::sgd)
    return std::make_unique<Sgd>(
        std::move(parameters), SgdOptions{.momentum = recipe.momentum, .weight_decay = recipe.weight_decay});
  const bool decoupled = recipe.optimiser == OptimiserKind::adamw;
  return std::make_unique<Adam>(
      std::move(parameters),
      AdamOptions{.beta1 = recipe.beta1,
                  .beta2 = recipe.beta2,
                  .epsilon = recipe.epsilon,
                  .weight_decay = recipe.weight_decay,
                  .kind = decoupled ? WeightDecay::decoupled : WeightDecay::in_gradient});
}

Recipe recipe_from_json(std::string_view text, const std::string& source) {
  std::vector<std::string> chain;
  return recipe_in(text, source, chain);
}

std::vector<std::string> recipe_names() {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(find_resource("models/recipes")))
    if (entry.path().extension() == ".json") names.push_back(entry.path().stem().string());
  std::sort(names.begin(), names.end());
  return names;
}

Recipe read_recipe(const std::string& name_or_path) {
  std::vector<std::string> chain;
  return recipe_called(name_or_path, chain);
}

std::string to_json(const Recipe& recipe) {
  Json json;
  for (const Field& field : fields()) {
    const Json value = field.write(recipe);
    if (!field.later || value != field.write(Recipe{})) json[std::string(field.key)] = value;
  }
  return json.dump();
}

std::string fingerprint(const Recipe& recipe) {
  const std::string text = to_json(recipe);
  return xxh3_128_hex(std::as_bytes(std::span(text)));
}

std::string first_difference(const std::string& there, const std::string& here) {
  const Json theirs = Json::parse(there, nullptr, false), ours = Json::parse(here, nullptr, false);
  const auto text_of = [](const Json& json, const Field& field) {
    const std::string key(field.key);
    if (json.is_object() && json.contains(key)) return json[key].dump();
    return field.later ? field.write(Recipe{}).dump() : "absent";
  };
  for (const Field& field : fields()) {
    const std::string a = text_of(theirs, field), b = text_of(ours, field);
    if (a != b) return fmt::format("`{}` {} there, {} here", field.key, a, b);
  }
  return {};
}

}  // namespace weir
