/// An experiment of made-up cells whose tables can be reckoned by hand. Two layers, so that no process is
/// fitted and an aggregated path is a mean.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "study/analysis.h"

namespace weir {

const Paper& paper_of_tests();

/// Both values at both layers.
Path level_path(double iip, double oip);

struct MadeRun {
  std::vector<Index> successes;
  /// On each network: the level of the successes' paths, and which attacked images it gets wrong.
  struct On {
    double iip = 1, oip = 2;
    std::vector<Index> wrong = {};
    std::vector<Index> noise_wrong = {};
  };
  std::map<std::string, On> on;
};

class HandMade {
 public:
  /// 12 attacked images of class 3, all classified correctly by every network, with paths at level 1 and 2;
  /// 6 normal images at the same. Every role is there, with the architecture that the paper gives it. All
  /// runs are missing.
  HandMade();
  /// Relative l2 of the i-th success is 0.01 (i + 1), its confidence 0.5 + 0.05 i.
  void fill(const std::string& target, const std::string& attack, const MadeRun& run);
  void lose_network(const std::string& role, const std::string& why);
  /// Attacked images that a network gets wrong before any attack.
  void misclassify(const std::string& role, const std::vector<Index>& rows);
  StudiedNetwork& network(const std::string& role);
  AttackRun& run(const std::string& target, const std::string& attack);
  Experiment& experiment() { return experiment_; }
  Analysis analysed() const { return analyse(experiment_, paper_of_tests()); }

 private:
  Experiment experiment_;
};

/// The cell of a table whose row begins with these words, in the column of this key. Fails the test and
/// throws where there is none.
const TableCell& cell_of(const Table& table, const std::vector<std::string>& row, const std::string& column);
/// Ours in such a cell.
const Measured& ours_in(const Table& table, const std::vector<std::string>& row, const std::string& column);

}  // namespace weir
