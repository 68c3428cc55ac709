#include "infoflow/minimise.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "infoflow/small_matrix.h"
#include "tensor/check.h"

namespace weir {
namespace {

using Point = std::vector<double>;

Point moved_into(const SearchBox& box, Point x) {
  for (std::size_t i = 0; i < x.size(); ++i) x[i] = std::clamp(x[i], box.lower[i], box.upper[i]);
  return x;
}

/// At a wall with the descent direction pointing through it: this variable rests.
bool held(const SearchBox& box, const Point& x, const Point& gradient, std::size_t i) {
  return (x[i] <= box.lower[i] && gradient[i] > 0) || (x[i] >= box.upper[i] && gradient[i] < 0);
}

double steepness(const SearchBox& box, const Point& x, const Point& gradient) {
  double most = 0;
  for (std::size_t i = 0; i < x.size(); ++i)
    if (!held(box, x, gradient, i)) most = std::max(most, std::abs(gradient[i]));
  return most;
}

Point difference(const Point& a, const Point& b) {
  Point result(a.size());
  std::ranges::transform(a, b, result.begin(), std::minus<>());
  return result;
}

/// The inverse Hessian as BFGS guesses it (Nocedal & Wright 2006, eq. 6.17).
class InverseHessian {
 public:
  explicit InverseHessian(std::size_t variables) : matrix_(static_cast<Index>(variables)) { reset(); }

  void reset() {
    for (Index i = 0; i < matrix_.rows(); ++i)
      for (Index j = 0; j < matrix_.rows(); ++j) matrix_(i, j) = i == j ? 1 : 0;
  }

  Point times(const Point& v) const {
    Point result;
    for (Index i = 0; i < matrix_.rows(); ++i) result.push_back(dot(matrix_.row(i), v));
    return result;
  }

  void learn(const Point& step, const Point& change) {
    const double curvature = dot(step, change);
    if (!(curvature > 1e-14 * std::sqrt(dot(step, step) * dot(change, change)))) return;
    const Point image = times(change);
    const double scale = (1 + dot(change, image) / curvature) / curvature;
    for (Index i = 0; i < matrix_.rows(); ++i)
      for (Index j = 0; j < matrix_.rows(); ++j) {
        const auto a = static_cast<std::size_t>(i), b = static_cast<std::size_t>(j);
        matrix_(i, j) += scale * step[a] * step[b] - (image[a] * step[b] + step[a] * image[b]) / curvature;
      }
  }

 private:
  SquareMatrix matrix_;
};

Point direction(const SearchBox& box, const Point& x, const Point& gradient, InverseHessian& hessian) {
  Point open = gradient;
  for (std::size_t i = 0; i < x.size(); ++i)
    if (held(box, x, gradient, i)) open[i] = 0;
  Point down = hessian.times(open);
  for (std::size_t i = 0; i < x.size(); ++i) down[i] = open[i] == 0 ? 0 : -down[i];
  if (dot(down, open) < 0) return down;
  hessian.reset();
  for (std::size_t i = 0; i < x.size(); ++i) down[i] = -open[i];
  return down;
}

struct Place {
  Point x;
  ValueAndGradient at;
};

/// Halves the step until the value falls by a ten-thousandth of what the slope promises; false if it never
/// does.
bool step(const SmoothFunction& function, const SearchBox& box, const Point& down, Place& place) {
  for (double length = 1; length > 1e-12; length /= 2) {
    Point x = place.x;
    for (std::size_t i = 0; i < x.size(); ++i) x[i] += length * down[i];
    x = moved_into(box, std::move(x));
    const double promised = dot(place.at.gradient, difference(x, place.x));
    ValueAndGradient there = function(x);
    if (promised < 0 && there.value <= place.at.value + 1e-4 * promised) {
      place = {std::move(x), std::move(there)};
      return true;
    }
  }
  return false;
}

}  // namespace

Minimum minimise(const SmoothFunction& function, std::vector<double> start, const SearchBox& box,
                 const MinimiseOptions& options) {
  expects(start.size() == box.lower.size() && start.size() == box.upper.size(),
          "a start of {} variables in a box of {} and {}", start.size(), box.lower.size(), box.upper.size());
  Place place{moved_into(box, std::move(start)), {}};
  place.at = function(place.x);
  InverseHessian hessian(place.x.size());
  int steps = 0;
  const auto steep = [&] { return steepness(box, place.x, place.at.gradient); };
  for (; steps < options.most_steps && steep() > options.flat * std::max(1.0, std::abs(place.at.value));
       ++steps) {
    const Place before = place;
    if (!step(function, box, direction(box, place.x, place.at.gradient, hessian), place)) break;
    hessian.learn(difference(place.x, before.x), difference(place.at.gradient, before.at.gradient));
  }
  return {place.x, place.at.value, steep(), steps};
}

}  // namespace weir
