/// The drawing of a tape, to the letter.
#include "autograd/graphviz.h"

#include <gtest/gtest.h>

#include "autograd/functions.h"
#include "tests/support/data.h"

namespace weir {
namespace {

Tensor zeros(const Shape& shape) { return Tensor::zeros(shape, Device::reference()); }

TEST(Graphviz, DrawsASmallNetworkToTheLetter) {
  const Parameter weight{"fc1.weight", zeros({3, 2})}, bias{"fc1.bias", zeros({3})};
  Tape tape;
  const Var x = tape.input(zeros({1, 2}), "images");
  {
    const auto block = tape.scope("block");
    const auto layer = tape.scope("fc1");
    const Var weight_var = tape.parameter(weight);
    relu(linear(x, weight_var, tape.parameter(bias)));
  }
  EXPECT_EQ(to_dot(tape), R"(digraph tape {
  node [shape=box];
  n0 [label="input images\n[1, 2]", tooltip="images", style=rounded];
  n1 [label="parameter fc1.weight\n[3, 2]", tooltip="fc1.weight", style=filled, fillcolor=grey92];
  n2 [label="parameter fc1.bias\n[3]", tooltip="fc1.bias", style=filled, fillcolor=grey92];
  subgraph "cluster block" {
    label="block";
    subgraph "cluster block/fc1" {
      label="fc1";
      n3 [label="linear\n[1, 3]", tooltip="block/fc1/linear"];
      n4 [label="relu\n[1, 3]", tooltip="block/fc1/relu"];
    }
  }
  n0 -> n3;
  n1 -> n3;
  n2 -> n3;
  n3 -> n4;
}
)");
}

TEST(Graphviz, EscapesWhatNamesMayHold) {
  Tape tape({.record = Record::values});
  tape.input(zeros({1}), "a \"quoted\" back\\slash\nand a line");
  EXPECT_EQ(to_dot(tape), R"(digraph tape {
  node [shape=box];
  n0 [label="input a \"quoted\" back\\slash\nand a line\n[1]", tooltip="a \"quoted\" back\\slash\nand a line", style=rounded];
}
)");
}

TEST(Graphviz, KeepsOneFrameForAScopeThatIsEnteredAgain) {
  Tape tape({.record = Record::values});
  Var x = tape.input(zeros({1}), "x");
  for (const char* name : {"a", "b", "a"}) {
    const auto scope = tape.scope(name);
    x = relu(x);
  }
  const std::string text = to_dot(tape);
  EXPECT_EQ(text.find("\"cluster a\""), text.rfind("\"cluster a\""));
  EXPECT_NE(text.find("  n2 -> n3;\n"), std::string::npos);  // from b back to a
}

TEST(Graphviz, DrawsOneArrowForEachUseAndNoneForConstants) {
  Tape tape({.record = Record::values});
  const Var x = tape.input(zeros({1}), "x");
  tape.record("product", {x, x, tape.constant(zeros({1}))}, zeros({1}), {});
  const std::string text = to_dot(tape);
  EXPECT_NE(text.find("  n0 -> n1;\n  n0 -> n1;\n}"), std::string::npos);
}

TEST(Graphviz, OfAnEmptyTapeIsAnEmptyGraph) {
  EXPECT_EQ(to_dot(Tape()), "digraph tape {\n  node [shape=box];\n}\n");
}

}  // namespace
}  // namespace weir
