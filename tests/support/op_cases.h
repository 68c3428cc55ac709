/// One row per op: its inputs, their domain, how it is applied, and how exact it must be. From a row follow
/// its gradient check, parity on every device, determinism, layouts, sizes and fuzzed shapes
/// (tests/autograd/op_*_test.cpp). Whoever adds an op adds a row.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "autograd/gradcheck.h"
#include "tests/support/data.h"

namespace weir {

/// What a value may differ from the f64 reference by; the formulas are in approx.h.
enum class Accuracy { exact, accumulated, exponential, normalised };

/// multilinear: affine in each input while the others stay. selecting: passes some of its inputs on. smooth:
/// the rest.
enum class Nature { multilinear, selecting, smooth };

/// who brings the arithmetic: our kernels have equal bits on all devices and in both layouts.
enum class Author { kernels, vendor };

/// One application of an op: shapes and options.
struct OpCase {
  std::string name;
  std::vector<Shape> batches;     // the leading inputs, [N, ...]
  std::vector<Shape> parameters;  // the others
  Function apply;
};

struct OpRow {
  std::string name;
  Nature nature = Nature::smooth;
  Author author = Author::kernels;
  Accuracy value = Accuracy::exact;
  Accuracy gradient = Accuracy::exact;
  Range domain{-2, 2};
  std::vector<double> kinks = {};
  Mode mode = Mode::evaluate;
  std::vector<OpCase> cases;
  std::function<OpCase(Dice&)> random_case = {};
  bool whole = true;  // whole numbers give whole numbers; not where a multilinear op divides
};

const std::vector<OpRow>& op_rows();
const OpRow& op_row(const std::string& name);
std::vector<std::string> op_names();

/// The signs of everything that ends in a ReLU, for the gradient check's kinks.
std::vector<double> signs_of_relus(const Tape& tape);

// The families, each in its own file.
void add_convolutions(std::vector<OpRow>& rows);
void add_matrix_ops(std::vector<OpRow>& rows);
void add_image_ops(std::vector<OpRow>& rows);
void add_combining_ops(std::vector<OpRow>& rows);

}  // namespace weir
