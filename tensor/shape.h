/// Extents of a tensor: dense, row-major, outermost first. Images are [N, C, H, W].
#pragma once

#include <array>
#include <cstdint>
#include <initializer_list>
#include <string>

namespace weir {

using Index = std::int64_t;  // the only index type: no int overflow

class Shape {
 public:
  static constexpr int max_rank = 5;

  constexpr Shape() = default;
  constexpr Shape(std::initializer_list<Index> extents) {
    for (const Index extent : extents) append(extent);
  }

  constexpr int rank() const { return rank_; }
  /// A negative axis counts from the back.
  constexpr Index operator[](int axis) const {
    return extents_[static_cast<std::size_t>(axis < 0 ? axis + rank_ : axis)];
  }
  constexpr Index volume() const {
    Index product = 1;
    for (int axis = 0; axis < rank_; ++axis) product *= (*this)[axis];
    return product;
  }
  /// The number of elements of one row, that is, of one entry of the outermost axis.
  constexpr Index row_volume() const {
    Index product = 1;
    for (int axis = 1; axis < rank_; ++axis) product *= (*this)[axis];
    return product;
  }
  /// The same shape with another outermost extent.
  constexpr Shape with_rows(Index rows) const {
    Shape result = *this;
    result.extents_[0] = rows;
    return result;
  }
  constexpr void append(Index extent) {
    if (rank_ == max_rank || extent < 0) refuse(extent);
    extents_[static_cast<std::size_t>(rank_++)] = extent;
  }

  friend constexpr bool operator==(const Shape&, const Shape&) = default;

 private:
  [[noreturn]] void refuse(Index extent) const;

  std::array<Index, max_rank> extents_{};
  int rank_ = 0;
};

/// volume(), or an Error (usage) where no memory holds so many elements: extents from files multiply to
/// anything, and a product that wrapped would pass for a small one.
Index checked_volume(const Shape& shape);

/// "[64, 16, 14, 14]"
std::string to_string(const Shape& shape);

}  // namespace weir
