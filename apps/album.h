/// Labelled images by number: one of the test set by its official number, or a row of a file.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "layers/evaluator.h"

namespace weir {

/// What a command line says about them.
struct AlbumWords {
  std::string images, labels;     // files; empty: the test set
  std::string data = "embedded";  // where that is
};

struct Album {
  std::vector<Index> ids;                  // what records.csv calls them
  std::vector<std::int32_t> labels;        // [N]
  std::function<Tensor(Index row)> image;  // [1, 3, 32, 32]
  std::string source;                      // for messages and manifests

  Index count() const { return static_cast<Index>(ids.size()); }
};

/// The files that open_album() reads. Throws Error (usage) E0004 for one of two files.
std::vector<std::string> files_of(const AlbumWords& words);
Album open_album(const AlbumWords& words, Device& device);

/// Throws Error (usage) E0216, with the nearest, for a number that no image has.
Index row_of(Index id, const Album& album);

/// Throws Error (usage) E0217 where the network is wrong about the image from the start, with another one
/// that it is right about.
void expect_right_answer(Evaluator& evaluator, const Album& album, Index row);

}  // namespace weir
