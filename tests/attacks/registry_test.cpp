#include "attacks/registry.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tensor/check.h"

namespace weir {
namespace {

using testing::Contains;
using testing::HasSubstr;

Diagnosis refused(std::string_view name, const OptionTexts& options, const OptionContext& context = {}) {
  try {
    make_attack(name, options, context);
  } catch (const Error& error) {
    return error.diagnosis();
  }
  ADD_FAILURE() << "nothing was refused";
  return {};
}

std::string setting(const Attack& attack, std::string_view name) {
  for (const Setting& candidate : attack.settings())
    if (candidate.name == name) return candidate.value;
  return "not there";
}

TEST(Registry, EveryAttackIsMadeByItsName) {
  EXPECT_THAT(attack_names(), Contains("fgsm"));
  EXPECT_THAT(attack_names(), Contains("igsm"));
  for (const std::string& name : attack_names()) {
    EXPECT_EQ(make_attack(name)->name(), name);
    EXPECT_FALSE(attack_summary(name).empty());
  }
}

TEST(Registry, SettingsReadBackAsTheSameSettings) {
  for (const std::string& name : attack_names()) {
    OptionTexts texts;
    const auto first = make_attack(name);
    for (const Setting& s : first->settings()) texts[s.name] = s.value;
    const auto second = make_attack(name, texts);
    ASSERT_EQ(first->settings().size(), second->settings().size());
    for (std::size_t i = 0; i < first->settings().size(); ++i)
      EXPECT_EQ(first->settings()[i].value, second->settings()[i].value)
          << name << " " << first->settings()[i].name;
  }
}

TEST(Registry, EverySettingIsAnOptionWithItsDefault) {
  for (const std::string& name : attack_names()) {
    const auto options = attack_options(name);
    const auto attack = make_attack(name);
    ASSERT_EQ(options.size(), attack->settings().size()) << name;
    for (const OptionDescription& option : options) {
      EXPECT_EQ(setting(*attack, option.name), option.otherwise) << name;
      EXPECT_FALSE(option.help.empty());
      if (option.kind == OptionDescription::Kind::choice) {
        EXPECT_THAT(option.choices, Contains(option.otherwise));
      }
    }
  }
}

TEST(Registry, DefaultsAreThePrimaryReadings) {
  EXPECT_EQ(setting(*make_attack("fgsm"), "eps"), "0.025");
  EXPECT_EQ(setting(*make_attack("fgsm"), "label"), "prediction");
  EXPECT_EQ(setting(*make_attack("igsm"), "eps"), "0.025");
  EXPECT_EQ(setting(*make_attack("igsm"), "step"), "0.002");
  EXPECT_EQ(setting(*make_attack("igsm"), "iterations"), "10");
  EXPECT_EQ(setting(*make_attack("igsm"), "early-stop"), "none");
  EXPECT_EQ(setting(*make_attack("jsma"), "theta"), "0.1");
  EXPECT_EQ(setting(*make_attack("jsma"), "gamma"), "0.1");
  EXPECT_EQ(setting(*make_attack("jsma"), "on"), "probabilities");
  EXPECT_EQ(setting(*make_attack("jsma"), "b"), "analytic");
  EXPECT_EQ(setting(*make_attack("deepfool"), "reading"), "foolbox1");
  EXPECT_EQ(setting(*make_attack("deepfool"), "steps"), "100");
  EXPECT_EQ(setting(*make_attack("deepfool"), "overshoot"), "0.05");
  EXPECT_EQ(setting(*make_attack("deepfool"), "candidates"), "10");
  EXPECT_EQ(setting(*make_attack("cw"), "kappa"), "0");
  EXPECT_EQ(setting(*make_attack("cw"), "learning-rate"), "0.25");
  EXPECT_EQ(setting(*make_attack("cw"), "initial-constant"), "0.01");
  EXPECT_EQ(setting(*make_attack("cw"), "binary-steps"), "5");
  EXPECT_EQ(setting(*make_attack("cw"), "iterations"), "1000");
  EXPECT_EQ(setting(*make_attack("cw"), "abort"), "row");
  EXPECT_EQ(setting(*make_attack("cw"), "adam"), "tf");
}

TEST(Registry, DefaultsFollowTheReading) {
  const auto other = make_attack("deepfool", {{"reading", "foolbox3"}});
  EXPECT_EQ(setting(*other, "steps"), "50");
  EXPECT_EQ(setting(*other, "overshoot"), "0.02");
  const auto typed = make_attack("deepfool", {{"reading", "reference"}, {"steps", "7"}, {"norm", "linf"}});
  EXPECT_EQ(setting(*typed, "steps"), "7");
  EXPECT_EQ(setting(*typed, "norm"), "linf");
}

TEST(Registry, BallsAreThoseThatUsersExpect) {
  for (const char* name : {"pgd", "mi-fgsm", "apgd", "battery", "noise"}) {
    EXPECT_DOUBLE_EQ(std::stod(setting(*make_attack(name), "eps")), 16.0 / 255) << name;
    EXPECT_DOUBLE_EQ(std::stod(setting(*make_attack(name, {{"norm", "l2"}}), "eps")), 256.0 / 255) << name;
    EXPECT_EQ(setting(*make_attack(name, {{"norm", "l2"}, {"eps", "3"}}), "eps"), "3")
        << "an l2 change may be longer than the range of a pixel";
    EXPECT_EQ(refused(name, {{"eps", "3"}}).code, "E0203") << name;
    EXPECT_EQ(refused(name, {{"norm", "l2"}, {"eps", "-3"}}).code, "E0203") << name;
  }
  EXPECT_DOUBLE_EQ(std::stod(setting(*make_attack("pgd"), "step")), 4.0 / 255);
  EXPECT_EQ(setting(*make_attack("pgd"), "iterations"), "40");
  EXPECT_DOUBLE_EQ(std::stod(setting(*make_attack("pgd", {{"eps", "0.02"}}), "step")), 0.005);
  EXPECT_DOUBLE_EQ(std::stod(setting(*make_attack("mi-fgsm", {{"eps", "0.02"}}), "step")), 0.002);
  EXPECT_EQ(setting(*make_attack("apgd"), "iterations"), "100");
}

TEST(Registry, OptionsReachTheAttack) {
  const auto attack = make_attack("igsm", {{"eps", "8/255"},
                                           {"step", "0.01"},
                                           {"iterations", "20"},
                                           {"early-stop", "success"},
                                           {"label", "truth"},
                                           {"seed-scale", "scaled"}});
  EXPECT_EQ(std::stod(setting(*attack, "eps")), 16.0 / 255);
  EXPECT_EQ(setting(*attack, "step"), "0.01");
  EXPECT_EQ(setting(*attack, "iterations"), "20");
  EXPECT_EQ(setting(*attack, "early-stop"), "success");
  EXPECT_EQ(setting(*attack, "label"), "truth");
  EXPECT_EQ(setting(*attack, "seed-scale"), "scaled");
}

TEST(Registry, AFractionIsOneOfThePixelRange) {
  EXPECT_EQ(std::stod(setting(*make_attack("fgsm", {{"eps", "8/255"}}, {.pixels = {0, 1}}), "eps")),
            8.0 / 255);
  EXPECT_EQ(std::stod(setting(*make_attack("fgsm", {{"eps", "8/255"}}, {.pixels = {0, 255}}), "eps")), 8);
  EXPECT_EQ(distance_in_both_units(16.0 / 255), "0.0627 (8/255)");
  EXPECT_EQ(distance_in_both_units(0.025), "0.025 (3.19/255)");
  EXPECT_EQ(distance_in_both_units(0.5, {0, 1}), "0.5 (128/255)");
}

TEST(Registry, UnknownNamesSayWhatWasMeant) {
  const Diagnosis attack = refused("fgms", {});
  EXPECT_EQ(attack.kind, ErrorKind::usage);
  EXPECT_EQ(attack.message, "no attack `fgms`");
  EXPECT_EQ(attack.help, "did you mean `fgsm`?");
  const Diagnosis option = refused("fgsm", {{"epsilon", "0.1"}});
  EXPECT_EQ(option.code, "E0002");
  EXPECT_EQ(option.message, "unknown option `epsilon` for `fgsm`");
  EXPECT_EQ(option.help, "did you mean `eps`?");
  EXPECT_EQ(refused("igsm", {{"iteration", "3"}}).help, "did you mean `iterations`?");
  EXPECT_EQ(refused("igsm", {{"kappa", "3"}}).help, "");
  EXPECT_THAT(refused("igsm", {{"kappa", "3"}}).note, HasSubstr("iterations"));
  EXPECT_EQ(refused("igsm", {{"label", "true"}}).code, "E0207");
  EXPECT_EQ(refused("igsm", {{"label", "trust"}}).help, "did you mean `truth`?");
}

TEST(Registry, DistancesAreCheckedInTheirUnits) {
  const Diagnosis large = refused("fgsm", {{"eps", "8"}});
  EXPECT_EQ(large.code, "E0203");
  EXPECT_EQ(large.message, "`eps 8` is larger than the pixel range 2");
  EXPECT_EQ(large.note, "pixels run from -1 to 1");
  EXPECT_EQ(large.help, "did you mean `eps 8/255` (0.0627)?");
  EXPECT_EQ(refused("fgsm", {{"eps", "300/255"}}).code, "E0203");
  for (const char* text : {"300/255", "300"})
    EXPECT_EQ(refused("fgsm", {{"eps", text}}).help, "write it like `eps 8/255` (0.0627)") << text;
  EXPECT_EQ(refused("jsma", {{"theta", "-8"}}).help, "did you mean `theta -8/255` (-0.0627)?");
  EXPECT_EQ(refused("fgsm", {{"eps", "-0.1"}}).message, "`eps` must be 0 or more, found -0.1");
  EXPECT_NO_THROW(make_attack("fgsm", {{"eps", "2"}}));
  EXPECT_NO_THROW(make_attack("fgsm", {{"eps", "255/255"}}));
  EXPECT_NO_THROW(make_attack("fgsm", {{"eps", "0"}}));
  EXPECT_NO_THROW(make_attack("fgsm", {{"eps", "8"}}, {.pixels = {0, 255}}));
}

TEST(Registry, MessagesWriteNamesAsTheUserDoes) {
  const OptionContext typed{.pixels = {}, .prefix = "--"};
  EXPECT_EQ(refused("fgsm", {{"eps", "8"}}, typed).message, "`--eps 8` is larger than the pixel range 2");
  EXPECT_EQ(refused("fgsm", {{"eps", "8"}}, typed).help, "did you mean `--eps 8/255` (0.0627)?");
  EXPECT_EQ(refused("fgsm", {{"eps", "-1"}}, typed).message, "`--eps` must be 0 or more, found -1");
  EXPECT_EQ(refused("fgsm", {{"eps", "x"}}, typed).message, "cannot read `x` as a number for `--eps`");
  EXPECT_EQ(refused("fgsm", {{"label", "x"}}, typed).message, "`--label` has no `x`");
  EXPECT_EQ(refused("fgsm", {{"epsilon", "1"}}, typed).message, "unknown option `--epsilon` for `fgsm`");
  EXPECT_EQ(refused("fgsm", {{"epsilon", "1"}}, typed).help, "did you mean `--eps`?");
  EXPECT_THAT(refused("fgsm", {{"kappa", "1"}}, typed).note, HasSubstr("--label"));
  EXPECT_EQ(refused("igsm", {{"iterations", "0"}}, typed).message,
            "`--iterations` must be 1 or more, found 0");
}

TEST(Registry, NumbersOutOfBoundsAreRefusedInTheUsersWords) {
  struct OutOfBounds {
    const char *attack, *option, *text, *expected;
  };
  const OptionContext typed{.pixels = {}, .prefix = "--"};
  for (const OutOfBounds& one :
       {OutOfBounds{"cw", "kappa", "-1", "`--kappa` must be 0 or more, found -1"},
        OutOfBounds{"cw", "learning-rate", "0", "`--learning-rate` must be more than 0, found 0"},
        OutOfBounds{"cw", "initial-constant", "-2", "`--initial-constant` must be more than 0, found -2"},
        OutOfBounds{"deepfool", "overshoot", "-0.5", "`--overshoot` must be 0 or more, found -0.5"},
        OutOfBounds{"deepfool", "candidates", "1", "`--candidates` must be 2 or more, found 1"},
        OutOfBounds{"mi-fgsm", "decay", "-1", "`--decay` must be 0 or more, found -1"},
        OutOfBounds{"jsma", "theta", "0", "`--theta` must not be 0: nothing would move"},
        OutOfBounds{"jsma", "gamma", "0", "`--gamma` must be more than 0 and at most 1, found 0"},
        OutOfBounds{"jsma", "gamma", "2", "`--gamma` must be more than 0 and at most 1, found 2"},
        OutOfBounds{"jsma", "temperature", "0", "`--temperature` must be more than 0, found 0"}}) {
    const Diagnosis found = refused(one.attack, {{one.option, one.text}}, typed);
    EXPECT_EQ(found.code, "E0206") << one.attack << " " << one.option;
    EXPECT_EQ(found.message, one.expected);
  }
  EXPECT_NO_THROW(make_attack("jsma", {{"gamma", "1"}}));
  EXPECT_NO_THROW(make_attack("cw", {{"kappa", "0"}}));
}

/// What only a constructor refuses has a code that is worth a report.
TEST(Registry, NoNumberReachesAnAttackThatRefusesIt) {
  for (const std::string& name : attack_names())
    for (const OptionDescription& option : attack_options(name)) {
      if (option.kind == OptionDescription::Kind::choice) continue;
      for (const char* text : {"-1e300", "-1", "0", "1", "2", "1e300", "-9223372036854775808"}) {
        try {
          make_attack(name, {{option.name, text}});
        } catch (const Error& error) {
          EXPECT_NE(error.diagnosis().code, "E0200") << name << " " << option.name << " " << text;
        }
      }
    }
}

TEST(Registry, OptionsThatExcludeEachOtherAreNamedWithTheirValues) {
  const OptionContext typed{.pixels = {}, .prefix = "--"};
  const auto refusal = [&](const OptionTexts& options) { return refused("jsma", options, typed); };
  const Diagnosis cold = refusal({{"on", "logits"}, {"temperature", "40"}});
  EXPECT_EQ(cold.code, "E0006");
  EXPECT_EQ(cold.message, "`--temperature 40` and `--on logits` exclude each other");
  EXPECT_EQ(cold.note, "logits have no temperature");
  EXPECT_EQ(refusal({{"on", "logits"}, {"seed-scale", "scaled"}}).message,
            "`--seed-scale scaled` and `--on logits` exclude each other");
  EXPECT_EQ(refusal({{"b", "summed"}, {"seed-scale", "scaled"}}).message,
            "`--seed-scale scaled` and `--b summed` exclude each other");
  EXPECT_NO_THROW(make_attack("jsma", {{"on", "logits"}, {"temperature", "1"}, {"seed-scale", "faithful"}}));
}

TEST(Registry, NoAttackTakesAWordOfTheProgram) {
  for (const std::string& name : attack_names())
    for (const OptionDescription& option : attack_options(name))
      EXPECT_NE(option.name, "seed") << "`--seed N` is the random numbers'";
}

TEST(Registry, WhatIsNoNumberIsQuoted) {
  for (const char* text : {"abc", "", "8/0", "8/256", "0.1x", "nan", "inf", "/255", "1e999", "0,1"}) {
    const Diagnosis found = refused("fgsm", {{"eps", text}});
    EXPECT_EQ(found.code, "E0204") << text;
    EXPECT_THAT(found.message, HasSubstr(text));
  }
  EXPECT_EQ(refused("igsm", {{"iterations", "2.5"}}).code, "E0204");
  EXPECT_EQ(refused("igsm", {{"iterations", "0"}}).message, "`iterations` must be 1 or more, found 0");
}

}  // namespace
}  // namespace weir
