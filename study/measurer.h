/// Asks networks and keeps what they said: the one place of the study where anything is computed that takes
/// time. Everything it returns comes from a cell, found or filled.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "attacks/attack.h"
#include "layers/evaluator.h"
#include "study/attack_reading.h"
#include "study/cell_store.h"
#include "study/cells.h"

namespace weir {

/// The images of one role: which of a split, their pixels on the device, their labels.
struct DrawnImages {
  ImageSet set;
  Tensor images;  // [N, 3, 32, 32]
  Labels labels;
  Index count() const { return set.count(); }
};

/// A network that is asked, and what tells it from every other.
struct AskedNetwork {
  const Module* module = nullptr;
  std::string fingerprint = {};  // of its weights
};

/// Thrown where the study was told to stop; everything computed so far is kept.
struct StudyStopped {};

class Measurer {
 public:
  struct Options {
    std::uint64_t seed = 2018;
    Numerics crafting = Numerics::fast;  // answers, accuracies and paths are exact
    std::function<bool()> should_stop = {};
    /// A cell of about so many image-passes was just filled, or part of it.
    std::function<void(double share)> advanced = {};
    bool only_from_cells = false;  // a cell that is missing is an error, E0306
  };
  Measurer(CellStore& store, Device& device, Options options);

  /// The first `limit` images, or all when it is 0.
  AccuracyCell accuracy(const AskedNetwork& network, const ImageSet& images, Index limit);
  Answers answers(const AskedNetwork& network, const Tensor& images);
  AttackCell attack(const AskedNetwork& network, const Attack& attack, const DrawnImages& images);
  std::vector<Path> paths(const AskedNetwork& network, const Tensor& images);
  /// One image towards `target`, and the paths of everything on the way.
  TrajectoryCell trajectory(const AskedNetwork& network, const Attack& attack, const DrawnImages& image,
                            std::int32_t target);

  Device& device() const { return device_; }

 private:
  template <class Cell, class Compute>
  Cell obtain(const CellKey& key, const Compute& compute);
  CellKey key(std::string kind, const AskedNetwork& network, std::string_view inputs) const;
  AttackCell attack_chunk(const AskedNetwork& network, const Attack& attack, const DrawnImages& images);
  AttackObserver observer() const;
  void advance(double share) const;

  CellStore& store_;
  Device& device_;
  Options options_;
};

/// Rows of a tensor, in the order given. At least one.
Tensor rows_of(const Tensor& images, std::span<const Index> rows);
DrawnImages on_device(ImageSet set, Device& device);
/// Some of the drawn images.
DrawnImages subset(const DrawnImages& images, std::span<const Index> rows, Device& device);

}  // namespace weir
