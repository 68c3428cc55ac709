#include "tests/support/op_cases.h"

namespace weir {

const std::vector<OpRow>& op_rows() {
  static const std::vector<OpRow> rows = [] {
    std::vector<OpRow> all;
    add_image_ops(all);
    add_matrix_ops(all);
    add_convolutions(all);
    add_combining_ops(all);
    return all;
  }();
  return rows;
}

const OpRow& op_row(const std::string& name) {
  for (const OpRow& row : op_rows())
    if (row.name == name) return row;
  fail({.message = fmt::format("no op row `{}`", name)});
}

std::vector<std::string> op_names() {
  std::vector<std::string> names;
  for (const OpRow& row : op_rows()) names.push_back(row.name);
  return names;
}

std::vector<double> signs_of_relus(const Tape& tape) {
  std::vector<double> signs;
  for (const Entry& entry : tape.entries())
    if (entry.op.ends_with("relu") || entry.op == "batch_norm")
      for (const double value : entry.value.to_host_double()) signs.push_back(value > 0 ? 1 : 0);
  return signs;
}

}  // namespace weir
