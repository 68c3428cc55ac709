#include "models/recipe.h"

#include <gmock/gmock.h>

#include "models/architecture_json.h"
#include "tests/data/temporary_folder.h"

namespace weir {
namespace {

using testing::HasSubstr;

Diagnosis refusal(std::string_view text) {
  return diagnosis_of([=] { recipe_from_json(text, "recipe.json"); });
}

TEST(Recipe, ReadsWhatItSaysAndKeepsDefaultsForTheRest) {
  const Recipe recipe = recipe_from_json(R"({
    // a comment, and /* another */
    "name": "mine", "epochs": 3, "norm": "fold", "flip": "none", "dropout": [0, 0.25], "peak_rate": 1e-3})",
                                         "recipe.json");
  EXPECT_EQ(recipe.name, "mine");
  EXPECT_EQ(recipe.epochs, 3);
  EXPECT_EQ(recipe.norm, NormUse::fold);
  EXPECT_EQ(recipe.flip, Flip::none);
  EXPECT_EQ(recipe.dropout, (std::vector<double>{0, 0.25}));
  EXPECT_EQ(recipe.peak_rate, 1e-3);
  EXPECT_EQ(recipe.batch, Recipe{}.batch);
}

TEST(Recipe, PointsAtAnUnknownKey) {
  const Diagnosis diagnosis = refusal("{\n  \"name\": \"a\",\n  \"epohcs\": 3\n}");
  EXPECT_THAT(diagnosis, Says(ErrorKind::usage, "E0210", "unknown key `epohcs` at recipe.json:3:3"));
  EXPECT_EQ(diagnosis.help, "did you mean `epochs`?");
  EXPECT_THAT(diagnosis.note, HasSubstr("  \"epohcs\": 3\n"));
  EXPECT_THAT(diagnosis.note, HasSubstr("^^^^^^^^"));
}

TEST(Recipe, SaysWhereABrokenOffTextEnds) {
  const Diagnosis object = refusal("{\"name\": \"a\", // {[\n \"epochs\": 3,\n\n");
  EXPECT_THAT(object, Says(ErrorKind::usage, "E0211", "recipe.json:2:14 ends inside an object"));
  EXPECT_EQ(object.note, " \"epochs\": 3,\n          " + std::string(13, ' ') + "^");
  EXPECT_THAT(refusal("{\"dropout\": [1, 2"), Says(ErrorKind::usage, "E0211", "ends inside a list"));
  EXPECT_THAT(refusal("{\"name\": \"a\\\"}"), Says(ErrorKind::usage, "E0211", "ends inside a string"));
}

TEST(Recipe, PointsAtBrokenJson) {
  EXPECT_THAT(refusal("{\n  \"name\": \"a\"\n  \"epochs\": 3\n}"),
              Says(ErrorKind::usage, "E0211", "recipe.json:3:"));
  const auto nested = [](std::size_t depth) {
    return std::string(depth, '[') + "\"[\"" + std::string(depth, ']');
  };
  EXPECT_THAT(refusal(nested(64)), Says(ErrorKind::usage, "E0213", "is not a JSON object"));
  for (const std::size_t depth : {65, 50'000})
    EXPECT_THAT(refusal(nested(depth)),
                Says(ErrorKind::usage, "E0211", "recipe.json:1:65 is nested more than 64 deep"));
  EXPECT_THAT(refusal("{}" + std::string(1'000'000, ' ')),
              Says(ErrorKind::usage, "E0211", "has 1,000,002 bytes of JSON, the limit is 1,000,000"));
  EXPECT_THAT(refusal("{\"epochs\": 3"), Says(ErrorKind::usage, "E0211", "recipe.json:1:13"));
  EXPECT_THAT(refusal(""), Says(ErrorKind::usage, "E0211", "recipe.json:1:1"));
  EXPECT_THAT(refusal("[1, 2}"), Says(ErrorKind::usage, "E0211", "is not JSON from here on"));
  EXPECT_THAT(refusal("[]"), Says(ErrorKind::usage, "E0213", "not a JSON object"));
}

TEST(Recipe, RefusesValuesThatMakeNoSense) {
  for (const auto& [text, part] : std::vector<std::pair<std::string, std::string>>{
           {R"({"epochs": 0})", "`epochs` is 0 at recipe.json:1:2, expected a whole number from 1"},
           {R"({"epochs": 1.5})", "`epochs` is 1.5"},
           {R"({"epochs": "3"})", "`epochs` is \"3\""},
           {R"({"momentum": 1})", "`momentum` is 1"},
           {R"({"peak_rate": -1})", "`peak_rate` is -1"},
           {R"({"norm": "flod"})", R"(expected "as_model", "fold")"},
           {R"({"dropout": 0.5})", "a list of numbers"},
           {R"({"dropout": [1]})", "a list of numbers"},
           {R"({"optimiser": "adma"})", R"(expected "sgd", "adam", "adamw")"},
           {R"({"schedule": "cosinus"})", R"(expected "one_cycle", "step", "cosine")"},
           {R"({"drops": [1.5]})", "a list of numbers from 0 to 1"},
           {R"({"beta2": 1})", "`beta2` is 1"},
           {R"({"epsilon": 0})", "`epsilon` is 0"},
           {R"({"max_norm": -3})", "`max_norm` is -3"},
           {R"({"crop": 40})", "`crop` is 40"},
           {R"({"holdout": -1})", "`holdout` is -1"},
           {R"({"head": "neck"})", R"(expected "naive", "reparametrised")"},
           {R"({"seed": -1})", "`seed` is -1"},
           {R"({"name": 7})", "expected a text"}}) {
    SCOPED_TRACE(text);
    EXPECT_THAT(refusal(text), Says(ErrorKind::usage, "E0213", part));
  }
}

TEST(Recipe, SurvivesTheTripThroughItsCanonicalText) {
  Recipe recipe;
  recipe.name = "all different";
  recipe.seed = 9007199254740991;
  recipe.norm = NormUse::fold;
  recipe.initialisation = Initialisation::lsuv;
  recipe.flip = Flip::random;
  recipe.dropout = {0.1, 0.2};
  recipe.peak_rate = 0.1 + 0.2;  // needs all its digits
  recipe.clip_norm = 1;
  recipe.optimiser = OptimiserKind::adamw;
  recipe.beta1 = 0.8;
  recipe.beta2 = 0.99;
  recipe.epsilon = 1e-6;
  recipe.schedule = ScheduleKind::step;
  recipe.drops = {0.3};
  recipe.drop_factor = 0.5;
  recipe.max_norm = 3;
  recipe.feature_maps = DType::bf16;
  recipe.numerics = Numerics::fast;
  recipe.holdout = 5000;
  recipe.head = Head::reparametrised;
  const Recipe again = recipe_from_json(to_json(recipe), "memory");
  EXPECT_EQ(to_json(again), to_json(recipe));
  EXPECT_EQ(again.peak_rate, recipe.peak_rate);
  EXPECT_EQ(again.seed, recipe.seed);
  EXPECT_EQ(fingerprint(again), fingerprint(recipe));
}

TEST(Recipe, SaysOnlyWhatDiffersFromAnother) {
  const TemporaryFolder folder;
  put(folder / "base.json", R"({"like": "good-init-bn", "name": "base", "epochs": 3})");
  const auto path = put(folder / "mine.json", R"({"epochs": 5, "like": "base.json", "name": "mine"})");
  const Recipe recipe = read_recipe(path.string());
  EXPECT_EQ(recipe.name, "mine");
  EXPECT_EQ(recipe.epochs, 5) << "wherever `like` stands";
  EXPECT_EQ(recipe.norm, NormUse::fold);
  Recipe known = read_recipe("good-init-bn");
  known.name = "mine";
  known.epochs = 5;
  EXPECT_EQ(fingerprint(recipe), fingerprint(known)) << "it is as if all of it were written out";
}

TEST(Recipe, IsNotLikeItselfOrLikeNothing) {
  const TemporaryFolder folder;
  put(folder / "a.json", R"({"like": "b.json"})");
  put(folder / "b.json", R"({"like": "a.json"})");
  EXPECT_THAT(diagnosis_of([&] { read_recipe((folder / "a.json").string()); }),
              Says(ErrorKind::usage, "E0218", "is like itself"));
  EXPECT_THAT(refusal(R"({"like": "good-init-nb"})"),
              Says(ErrorKind::usage, "E0214", "no recipe `good-init-nb`"));
  EXPECT_THAT(refusal(R"({"like": 3})"), Says(ErrorKind::usage, "E0213", "`like` is 3"));
}

TEST(Recipe, NamesTheFirstDifference) {
  Recipe here, there;
  EXPECT_EQ(first_difference(to_json(there), to_json(here)), "");
  there.peak_rate = 0.4;
  EXPECT_EQ(first_difference(to_json(there), to_json(here)), "`peak_rate` 0.4 there, 0.1 here");
  EXPECT_NE(fingerprint(here), fingerprint(there));
  EXPECT_THAT(first_difference("not json", to_json(here)), HasSubstr("`name` absent there"));
}

TEST(Recipe, MeansTheSameWithAndWithoutAYoungerKeyAtItsDefault) {
  const Recipe old = recipe_from_json(R"({"name": "a"})", "recipe.json");
  const Recipe young =
      recipe_from_json(R"({"name": "a", "optimiser": "sgd", "drops": [0.5, 0.75]})", "recipe.json");
  EXPECT_EQ(to_json(old), to_json(young));
  EXPECT_EQ(fingerprint(old), fingerprint(young));
  Recipe adam = old;
  adam.optimiser = OptimiserKind::adam;
  EXPECT_NE(fingerprint(adam), fingerprint(old));
  EXPECT_EQ(first_difference(to_json(adam), to_json(old)), "`optimiser` \"adam\" there, \"sgd\" here");
}

TEST(Recipe, KeepsItsCanonicalText) {
  // Files of weights carry the fingerprint of such a text.
  EXPECT_EQ(to_json(Recipe{}),
            R"({"name":"","model":"good-init","seed":2018,"epochs":12,"batch":128,"initialisation":"he",)"
            R"("norm":"as_model","norm_momentum":0.9,"norm_images":10000,"dropout":[],"temperature":1.0,)"
            R"("peak_rate":0.1,"warm_up":0.2,"start_fraction":0.1,"end_fraction":0.01,"momentum":0.9,)"
            R"("weight_decay":0.0005,"clip_norm":0.0,"ema_decay":0.999,"flip":"alternating","crop":4})");
}

TEST(Recipes, ThatComeWithWeirFitTheirModels) {
  const std::vector<std::string> names = recipe_names();
  EXPECT_THAT(names, testing::Contains("good-init-bn"));
  for (const std::string& name : names) {
    SCOPED_TRACE(name);
    const Recipe recipe = read_recipe(name);
    EXPECT_EQ(recipe.name, name);
    const Architecture architecture = architecture_from(recipe.model);
    if (!recipe.dropout.empty()) {
      EXPECT_NO_THROW(with_dropout(architecture, recipe.dropout));
    }
    EXPECT_FALSE(recipe.norm == NormUse::fold && has_norm(architecture));
  }
}

TEST(Recipes, AreNamedOrAPath) {
  const Diagnosis diagnosis = diagnosis_of([] { read_recipe("good-init-nb"); });
  EXPECT_THAT(diagnosis, Says(ErrorKind::usage, "E0214", "no recipe `good-init-nb`"));
  EXPECT_EQ(diagnosis.help, "did you mean `good-init-bn`?");
  const TemporaryFolder folder;
  EXPECT_EQ(read_recipe(put(folder / "own.json", R"({"epochs": 77})").string()).epochs, 77);
  EXPECT_EQ(diagnosis_of([&] { read_recipe((folder / "none.json").string()); }).kind, ErrorKind::missing);
}

}  // namespace
}  // namespace weir
