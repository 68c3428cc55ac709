#include "infoflow/mutual_information.h"

#include <algorithm>

#include "infoflow/bucketize.h"
#include "infoflow/cell_table.h"
#include "infoflow/joint_sums.h"
#include "tensor/check.h"

namespace weir {
namespace {

void check_symbols(std::span<const std::uint8_t> map) {
  expects(!map.empty(), "a map without pixels has no information");
  const int greatest = *std::ranges::max_element(map);
  expects(greatest <= most_buckets, "a map has the symbol {}, expected at most {}", greatest, most_buckets);
}

}  // namespace

double mutual_information(std::span<const std::uint8_t> a, std::span<const std::uint8_t> b,
                          Estimator estimator) {
  expects(a.size() == b.size(), "maps of {} and {} pixels cannot be paired", a.size(), b.size());
  expects(estimator != Estimator::shift_null,
          "the shift null needs maps with height and width, not lists of symbols");
  check_symbols(a);
  check_symbols(b);
  const CellTable table = cell_table(std::ssize(a), estimator);
  const std::int64_t sum =
      table.values.back() + joint_sum(a, b, table) - histogram_sum(a, table) - histogram_sum(b, table);
  const std::int64_t least = estimator == Estimator::plug_in ? 0 : sum;
  return static_cast<double>(std::max(least, sum)) / static_cast<double>(a.size()) /
         (Index{1} << cell_scale_bits);
}

double entropy(std::span<const std::uint8_t> a) { return mutual_information(a, a); }

}  // namespace weir
