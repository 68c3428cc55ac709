#include "autograd/edit.h"

namespace weir {

bool matches(std::string_view pattern, std::string_view path) {
  // The last `*` takes as little as it can; where the rest then fails, it takes one character more.
  std::size_t p = 0, i = 0, after_star = std::string_view::npos, retry = 0;
  while (i < path.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      after_star = ++p;
      retry = i;
    } else if (p < pattern.size() && pattern[p] == path[i]) {
      ++p;
      ++i;
    } else if (after_star != std::string_view::npos) {
      p = after_star;
      i = ++retry;
    } else {
      return false;
    }
  }
  return pattern.find_first_not_of('*', p) == std::string_view::npos;
}

Tensor applied(const Edit& edit, const Tensor& x, std::string_view path) {
  const Tensor y = edit.replacement(x.in(Layout::plain));
  expects(y.defined() && y.shape() == x.shape() && y.dtype() == x.dtype() && &y.device() == &x.device(),
          "the edit `{}` of `{}` must keep its shape {}, type and device; it gave {}", edit.pattern, path,
          to_string(x.shape()), y.defined() ? to_string(y.shape()) : "nothing");
  return y.in(x.layout());
}

}  // namespace weir
