// Every table's arithmetic, on cells that were made so that the answers can be reckoned by hand.
#include "study/tables.h"

#include <algorithm>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <map>

#include "models/registry.h"
#include "study/figures.h"
#include "study/findings.h"
#include "study/records.h"
#include "tests/study/hand_made.h"

namespace weir {
namespace {

using ::testing::HasSubstr;

constexpr double rounding = 1e-12;

/// FGSM both ways between original and compressed.
HandMade pair() {
  HandMade made;
  made.fill("original", "fgsm",
            {.successes = {0, 1, 2, 3, 4, 5},
             .on = {{"original", {.iip = 1.1, .oip = 2.3, .wrong = {0, 1, 2, 3, 4, 5}}},
                    {"compressed", {.iip = 1.2, .oip = 2.2, .wrong = {0, 1, 2}, .noise_wrong = {5}}}}});
  made.fill("compressed", "fgsm",
            {.successes = {4, 5, 6, 7},
             .on = {{"original", {.iip = 1.0, .oip = 2.7, .wrong = {4, 5, 6}}},
                    {"compressed", {.iip = 1.5, .oip = 2.6, .wrong = {4, 5, 6, 7}}}}});
  return made;
}

TEST(TableTwo, MeansAreOverSuccessesAndRatesOverCorrectInputs) {
  const Table table = table_of_attacks(pair().analysed());
  const std::vector<std::string> row{"Original", "FGSM"};
  EXPECT_NEAR(ours_in(table, row, "distortion_l2").value, 0.035, rounding);  // mean of .01 to .06
  EXPECT_NEAR(ours_in(table, row, "confidence").value, 0.625, rounding);     // mean of .5 to .75
  EXPECT_EQ(ours_in(table, row, "success_rate").value, 0.5);
  EXPECT_EQ(std::get<Index>(cell_of(table, row, "n_correct")), 12);
  EXPECT_EQ(std::get<Index>(cell_of(table, row, "n_success")), 6);
  EXPECT_EQ(ours_in(table, {"Compressed", "FGSM"}, "success_rate").value, 4.0 / 12);
}

TEST(TableTwo, ARunThatIsMissingStandsThereWithThePapersNumberAndTheReason) {
  const Table table = table_of_attacks(pair().analysed());
  const auto& cell = std::get<Comparison>(cell_of(table, {"Original", "IGSM"}, "success_rate"));
  EXPECT_FALSE(cell.ours.has_value());
  ASSERT_NE(cell.paper, nullptr);
  EXPECT_EQ(cell.paper->text, "0.6333");
  EXPECT_THAT(to_csv(table), HasSubstr("not measured: not filled"));
  EXPECT_THAT(to_html(table), HasSubstr("Not measured: not filled"));
}

TEST(TableThree, IsTheDistanceOfMeanPathsFromNormal) {
  const Table table = table_of_distances(pair().analysed());
  EXPECT_NEAR(ours_in(table, {"FGSM"}, "iip").value, 0.1, rounding);
  EXPECT_NEAR(ours_in(table, {"FGSM"}, "oip").value, 0.3, rounding);
  EXPECT_EQ(std::get<std::string>(cell_of(table, {"FGSM"}, "oip_own_clean")), "0.3000");
  EXPECT_EQ(std::get<std::string>(cell_of(table, {"FGSM"}, "oip_noise")), "0.0000");  // all normal are alike
}

TEST(TableThree, EffectSizesSeparateWhatNeverOverlaps) {
  const Table table = table_of_effects(pair().analysed());
  EXPECT_EQ(std::get<std::string>(cell_of(table, {"FGSM"}, "oip_auc")), "1.0000");
}

TEST(TableThree, SaysThatTheLargestOfManyAreasIsAboveOneHalf) {
  const Table table = table_of_effects(pair().analysed());
  EXPECT_THAT(table.note, HasSubstr("above 0.5 even where nothing differs"));
  EXPECT_THAT(to_html(table), HasSubstr("AUC, maximum over layers (IIP)"));
}

/// The four attacks that the paper puts in an order, each so far from normal in the OIP.
HandMade four_attacks(const std::map<std::string, double>& far) {
  HandMade made;
  for (const auto& [attack, distance] : far)
    made.fill("original", attack,
              {.successes = {0, 1, 2, 3, 4, 5}, .on = {{"original", {.iip = 1, .oip = 2 + distance}}}});
  return made;
}

TEST(OrderOfAttacks, IsCountedOverDrawsOfImages) {
  const HandMade papers = four_attacks({{"fgsm", 0.1}, {"cw", 0.2}, {"deepfool", 0.3}, {"igsm", 0.4}});
  const HandMade first_only = four_attacks({{"fgsm", 0.1}, {"cw", 0.4}, {"deepfool", 0.3}, {"igsm", 0.2}});
  const HandMade neither = four_attacks({{"fgsm", 0.4}, {"cw", 0.2}, {"deepfool", 0.3}, {"igsm", 0.1}});
  EXPECT_EQ(papers.analysed().order.value().papers, 1.0);  // level paths: every draw is alike
  EXPECT_EQ(papers.analysed().order.value().fgsm_smallest, 1.0);
  EXPECT_EQ(order_of_attacks(papers.analysed()).status, Status::holds);
  EXPECT_EQ(first_only.analysed().order.value().papers, 0.0);
  EXPECT_EQ(first_only.analysed().order.value().fgsm_smallest, 1.0);
  EXPECT_EQ(order_of_attacks(first_only.analysed()).status, Status::fails);
  EXPECT_EQ(neither.analysed().order.value().fgsm_smallest, 0.0);
}

TEST(OrderOfAttacks, IsNoneWhereOneOfTheFourIsMissing) {
  const HandMade three = four_attacks({{"fgsm", 0.1}, {"cw", 0.2}, {"deepfool", 0.3}});
  EXPECT_FALSE(three.analysed().order.has_value());
  EXPECT_EQ(order_of_attacks(three.analysed()).status, Status::not_measured);
}

TEST(TableFour, CountsWhatIsLeftAndKnowsThePapersKindOfNetwork) {
  HandMade made = pair();
  const Table table = table_of_compression(made.analysed());
  EXPECT_EQ(ours_in(table, {"Original"}, "parameters").value, 1071542);
  EXPECT_EQ(ours_in(table, {"Original"}, "accuracy").value, 0.75);
  EXPECT_NE(std::get<Comparison>(cell_of(table, {"Compressed"}, "parameters")).paper, nullptr);
  EXPECT_THAT(std::get<std::string>(cell_of(table, {"Compressed"}, "widths")), HasSubstr("112 112 100"));
}

TEST(TableFive, IsTheGapBetweenOwnAndForeignInputsOnOneNetwork) {
  const Table table = table_of_gaps(pair().analysed());
  const std::vector<std::string> original{"FGSM", "Original", "Compressed"},
      compressed{"FGSM", "Compressed", "Original"};
  EXPECT_NEAR(ours_in(table, original, "iip").value, 0.1, rounding);  // 1.1 and 1.0
  EXPECT_NEAR(ours_in(table, original, "oip").value, 0.4, rounding);  // 2.3 and 2.7
  EXPECT_NEAR(ours_in(table, original, "average").value, 0.25, rounding);
  EXPECT_NEAR(ours_in(table, compressed, "iip").value, 0.3, rounding);  // 1.5 and 1.2
  EXPECT_NEAR(ours_in(table, compressed, "oip").value, 0.4, rounding);  // 2.6 and 2.2
  EXPECT_EQ(ours_in(table, original, "average").n, 4);
  EXPECT_EQ(std::get<Comparison>(cell_of(table, original, "average")).paper->text, "0.0046");
}

TEST(Tables, EveryDistanceHasItsBiasAndEveryTableOfThemSaysWhatItsIntervalIs) {
  const HandMade made = pair();
  const Analysis analysis = made.analysed();
  for (const Table& table : all_tables(analysis)) {
    const bool of_distances = std::ranges::any_of(
        table.columns, [](const Column& column) { return column.quantity == Quantity::distance; });
    const bool said = table.note.find(note_of_distances) != std::string::npos;
    EXPECT_EQ(of_distances, said) << table.id;
    for (const Column& column : table.columns) {
      const bool named = column.heading.find("distance") != std::string::npos && table.id != "trajectories";
      EXPECT_TRUE(!named || column.quantity == Quantity::distance) << table.id << ": " << column.heading;
    }
  }
  EXPECT_NEAR(ours_in(table_of_gaps(analysis), {"FGSM", "Original", "Compressed"}, "iip").bias.value(), 0,
              rounding);  // all draws of level paths are alike
  EXPECT_THAT(to_csv(table_of_distances(analysis)), HasSubstr(",oip_low,oip_high,oip_bias,oip_n,"));
}

TEST(TableFive, RowsOfTheOtherSeedHaveNoPapersNumber) {
  HandMade made = pair();
  made.fill("other-seed", "fgsm",
            {.successes = {0, 1, 2, 3}, .on = {{"original", {.iip = 1.1, .oip = 2.4}}}});
  const Table table = table_of_gaps(made.analysed());
  const std::vector<std::string> null{"FGSM", "Original", "Original, other seed"};
  EXPECT_NEAR(ours_in(table, null, "oip").value, 0.1, rounding);
  EXPECT_EQ(std::get<Comparison>(cell_of(table, null, "oip")).paper, nullptr);
}

TEST(TableSix, CountsAllAndThoseThatTheOtherNetworkGotRight) {
  HandMade made = pair();
  made.misclassify("compressed", {0, 3});
  const Table table = table_of_transfer(made.analysed());
  const std::vector<std::string> there{"FGSM", "Original", "Compressed"};
  EXPECT_EQ(ours_in(table, there, "transferability").value, 0.5);  // 0, 1, 2 of six
  EXPECT_EQ(ours_in(table, there, "conditional").value, 0.5);      // 1, 2 of 1, 2, 4, 5
  EXPECT_EQ(ours_in(table, there, "conditional").n, 4);
  EXPECT_EQ(ours_in(table, there, "noise").value, 0.25);  // 5 of 1, 2, 4, 5
  EXPECT_EQ(ours_in(table, {"FGSM", "Compressed", "Original"}, "transferability").value, 0.75);
  // On images 4 and 5, which fooled both: wrong there never, back always. Two of two: p = 1/2.
  EXPECT_EQ(std::get<std::string>(cell_of(table, there, "p")), "0.5000");
}

TEST(TransferMatrix, HasARowForEachTargetAndSaysWhereThereIsNone) {
  const Table table = transfer_matrix(pair().analysed(), "fgsm");
  EXPECT_THAT(std::get<std::string>(cell_of(table, {"Original"}, "compressed")), HasSubstr("0.500"));
  EXPECT_EQ(std::get<std::string>(cell_of(table, {"Original"}, "vgg-like")), "–");
}

TEST(TableSeven, TakesAccuraciesFromTheCardWhereOnlySomeTestImagesAreThere) {
  HandMade made = pair();
  made.experiment().full_test_set = false;
  made.network("original").stored.metadata["test_accuracy"] = "0.8811";
  const Table table = table_of_models(made.analysed());
  EXPECT_EQ(ours_in(table, {"good-init"}, "accuracy").value, 0.8811);
  EXPECT_EQ(ours_in(table, {"good-init"}, "accuracy").n, 10000);
  EXPECT_EQ(std::get<std::string>(cell_of(table, {"good-init"}, "source")), "from its card");
  EXPECT_EQ(std::get<std::string>(cell_of(table, {"deep-conv"}, "source")), "measured on 4");
  EXPECT_EQ(ours_in(table, {"vgg-like"}, "parameters").value, 15001418);
}

TEST(TableEight, ComparesNetworksUnderOneAttack) {
  HandMade made = pair();
  made.fill("deep-conv", "fgsm", {.successes = {0, 1, 2}, .on = {}});
  const Table table = table_of_attacks_by_network(made.analysed());
  EXPECT_EQ(ours_in(table, {"FGSM", "deep-conv"}, "success_rate").value, 0.25);
  EXPECT_NEAR(ours_in(table, {"FGSM", "deep-conv"}, "distortion_l2").value, 0.02, rounding);
}

/// JSMA on three networks; own inputs lie 0.4 away, foreign ones 0.1 and 0.2.
HandMade three_networks() {
  HandMade made;
  const std::vector<std::string> keys = networks_of_transfer();
  for (std::size_t target = 0; target < keys.size(); ++target) {
    MadeRun run{.successes = {0, 1, 2, 3, 4, 5, static_cast<Index>(6 + target)}, .on = {}};
    for (std::size_t measuring = 0; measuring < keys.size(); ++measuring)
      run.on[keys[measuring]] = {
          .oip = target == measuring  ? 2.4
                 : target < measuring ? 2.1
                                      : 2.2,
          .wrong = target == measuring ? run.successes : std::vector<Index>{0, 1, 2, 3}};
    made.fill(keys[target], "jsma", run);
  }
  return made;
}

TEST(TableNine, UsesOnlyImagesThatFooledAllThree) {
  const HandMade made = three_networks();
  const Analysis analysis = made.analysed();
  const TargetGrid& grid = analysis.grids.at(1);
  ASSERT_EQ(grid.attack, "jsma");
  EXPECT_EQ(grid.common, (std::vector<Index>{0, 1, 2, 3, 4, 5}));
  const Table table = table_of_grid(analysis, grid);
  EXPECT_NEAR(ours_in(table, {"deep-conv"}, "deep-conv").value, 0.4, rounding);
  EXPECT_NEAR(ours_in(table, {"deep-conv"}, "good-init").value, 0.1, rounding);
  EXPECT_NEAR(ours_in(table, {"deep-conv"}, "vgg-like").value, 0.2, rounding);
  EXPECT_NEAR(grid.own_lead.at(1).value, 0.2, rounding);
  EXPECT_EQ(own_inputs_farthest(analysis).status, Status::holds);
}

TEST(TableNine, SaysWhyItIsEmpty) {
  HandMade made = three_networks();
  made.run("vgg-like", "jsma").missing = "no weights";
  const Analysis analysis = made.analysed();
  EXPECT_THAT(to_html(table_of_grid(analysis, analysis.grids.at(1))), HasSubstr("Not measured: no weights"));
  EXPECT_THAT(figure_of_targets(analysis, 7, "jsma").missing, HasSubstr("no weights"));
  EXPECT_EQ(own_inputs_farthest(analysis).status, Status::not_measured);
}

TEST(Transferable, InputsAreDividedByWhetherTheyFoolTheOther) {
  HandMade made = three_networks();
  AttackRun& run = made.run("deep-conv", "jsma");
  for (const std::size_t place : {0u, 1u, 2u, 3u}) run.on["original"].paths[place] = level_path(1, 2.9);
  run.on["original"].paths[6] = run.on["original"].paths[5] = run.on["original"].paths[4] =
      level_path(1, 2.3);
  run.successes.push_back(8), run.traced = run.successes;  // a fourth that does not transfer
  run.on["original"].paths.push_back(level_path(1, 2.3));
  run.on["original"].noise_answers.classes.push_back(3);
  for (auto& [role, on] : run.on) on.paths.resize(8, level_path(1, 2)), on.noise_answers.classes.resize(8, 3);
  const Analysis analysis = made.analysed();
  const Table table = table_of_transferable(analysis);
  const std::vector<std::string> row{"JSMA", "deep-conv", "Original"};
  EXPECT_NEAR(ours_in(table, row, "transferable").value, 0.9, rounding);
  EXPECT_NEAR(ours_in(table, row, "not_transferable").value, 0.3, rounding);
  const auto pair = std::ranges::find_if(analysis.transferable, [](const TransferablePaths& one) {
    return one.comparable() && one.run->planned.target == "deep-conv" && one.measuring->key() == "original";
  });
  ASSERT_NE(pair, analysis.transferable.end());
  // only the labels as they are, or those of the other four, set 0.9 against 0.3: 1 of 70 ways to draw four
  EXPECT_NEAR(pair->p_value, 1.0 / 70, 0.02);
  const Figure figure = figure_of_targets(analysis, 7, "jsma");
  const auto panel = std::ranges::find(figure.panels, "OIP-transfer", &Panel::name);
  ASSERT_NE(panel, figure.panels.end());
  EXPECT_EQ(panel->measured_on, "original");
  EXPECT_EQ(panel->curves[1].population, "deep-conv: transfers");
  EXPECT_NEAR(panel->curves[1].points[0].mean, 2.9, rounding);
  EXPECT_EQ(panel->curves[2].dash, Dash::dashed);
}

TEST(Defence, MeasuresAllAttackedInputsAndTheSuccessesApart) {
  HandMade made;
  made.fill("distilled", "defended-jsma",
            {.successes = {0, 1, 2, 3}, .on = {{"distilled", {.iip = 1, .oip = 2}}}});
  made.fill("distilled", "adaptive-jsma",
            {.successes = {0, 1, 2, 3, 4, 5}, .on = {{"distilled", {.iip = 1.2, .oip = 2.5}}}});
  const Analysis analysis = made.analysed();
  const Table table = table_of_defence(analysis);
  EXPECT_NEAR(ours_in(table, {"Adaptive JSMA"}, "oip").value, 0.5, rounding);
  EXPECT_NEAR(ours_in(table, {"Adaptive JSMA"}, "iip").value, 0.2, rounding);
  EXPECT_EQ(ours_in(table, {"Adaptive JSMA"}, "success_rate").value, 0.5);
  EXPECT_NEAR(analysis.defence.adaptive_minus_regular.value, 0.5, rounding);
  EXPECT_EQ(adaptive_moves_paths(analysis).status, Status::holds);
  EXPECT_THAT(defence_json(analysis), HasSubstr("\"adaptive_minus_regular\""));
}

TEST(Defence, ARateAgreesWhereItsIntervalHoldsThePapersAndNowhereElse) {
  const std::vector<std::vector<Index>> regular_successes = {{}, {0}, {0, 1, 2, 3}};
  for (const std::vector<Index>& regular : regular_successes) {
    HandMade made;
    made.fill("distilled", "defended-jsma", {.successes = regular, .on = {{"distilled", {}}}});
    made.fill("distilled", "adaptive-jsma", {.successes = {0, 1, 2, 3}, .on = {{"distilled", {}}}});
    const Tested tested = adaptive_breaks_distillation(made.analysed());
    ASSERT_EQ(tested.rows.size(), 2u);
    // The paper has 0 and 0.3132; Wilson's interval of 4 in 12 is 0.14 to 0.61, that of 1 in 12 begins at
    // 0.015.
    EXPECT_EQ(tested.rows[0].status, regular.empty() ? Status::holds : Status::fails) << regular.size();
    EXPECT_EQ(tested.rows[1].status, Status::holds);
  }
}

/// A way of `steps` equal steps from (1, 2) on.
TrajectoryCell straight_way(int steps, double direction) {
  TrajectoryCell cell;
  for (int step = 0; step <= steps; ++step)
    cell.paths.push_back(level_path(1 + 0.1 * step * direction, 2 + 0.2 * step * direction));
  cell.images.assign(static_cast<std::size_t>((steps + 1) * image_volume), 0.0f);
  return cell;
}

TEST(Trajectories, AStraightWayIsPerfectlyOrdered) {
  HandMade made;
  made.experiment().missing_trajectories.clear();
  made.experiment().trajectories.assign(50, straight_way(6, 1));
  const Analysis analysis = made.analysed();
  const Table table = table_of_trajectories(analysis);
  EXPECT_EQ(ours_in(table, {"OIP"}, "from_start").value, 1.0);
  EXPECT_EQ(ours_in(table, {"OIP"}, "to_end").value, -1.0);
  EXPECT_EQ(paths_move_away(analysis).status, Status::holds);
  EXPECT_EQ(paths_approach_the_last(analysis).status, Status::holds);
  EXPECT_EQ(figure_of_trajectory(analysis).panels.size(), 5u);
}

TEST(Trajectories, StandBesideTheSameChangesInRandomPlaces) {
  HandMade made;
  made.experiment().missing_trajectories.clear();
  made.experiment().trajectories.assign(50, straight_way(6, 1));
  std::vector<Path> wavering = straight_way(4, 1).paths;
  std::swap(wavering[1], wavering[2]);
  made.experiment().scattered.assign(50, wavering);
  const Analysis analysis = made.analysed();
  const Table table = table_of_trajectories(analysis);
  EXPECT_NEAR(ours_in(table, {"OIP"}, "moved").value, 1.2, 1e-12);
  EXPECT_NEAR(ours_in(table, {"OIP, control"}, "moved").value, 0.8, 1e-12);
  EXPECT_NEAR(ours_in(table, {"IIP, control"}, "moved").value, 0.4, 1e-12);
  EXPECT_NEAR(ours_in(table, {"IIP, control"}, "from_start").value, 0.9, 1e-12);  // 1 - 6 * 2 / (5 * 24)
  EXPECT_NEAR(ours_in(table, {"OIP, control"}, "to_end").value, -0.9, 1e-12);
  EXPECT_THAT(paths_move_away(analysis).ours, testing::HasSubstr("random places: 0.90 (OIP) and 0.90 (IIP)"));
  EXPECT_EQ(paths_move_away(analysis).status, Status::holds) << "the control decides nothing";
}

TEST(Trajectories, FewerThanFiftyImagesDecideNothing) {
  HandMade made;
  made.experiment().missing_trajectories.clear();
  made.experiment().trajectories.assign(49, straight_way(6, 1));
  EXPECT_EQ(paths_move_away(made.analysed()).status, Status::undecided);
}

TEST(Tables, OfAnotherNetworkCarryNoneOfThePapersNumbers) {
  HandMade made = pair();
  Architecture smaller = good_init();
  smaller.layers.erase(smaller.layers.begin());
  smaller.model = "mine";
  made.network("original").stored.architecture = smaller;
  const Table table = table_of_attacks(made.analysed());
  EXPECT_EQ(std::get<Comparison>(cell_of(table, {"mine", "FGSM"}, "success_rate")).paper, nullptr);
}

TEST(Tables, EveryOneIsWrittenWhereOnlyTheOriginalIsThere) {
  HandMade made = pair();
  for (const Role& role : roles())
    if (role.key != "original") made.lose_network(std::string(role.key), "not shipped");
  made.run("compressed", "fgsm").missing = "not shipped";
  const Analysis analysis = made.analysed();
  for (const Table& table : all_tables(analysis)) EXPECT_FALSE(to_csv(table).empty()) << table.id;
  for (const Figure& figure : all_figures(analysis))
    EXPECT_TRUE(!figure.panels.empty() || !figure.missing.empty()) << figure.number;
  EXPECT_EQ(findings_of(analysis).size(), paper_of_tests().directions().size());
}

}  // namespace
}  // namespace weir
