#include "tensor/suggest.h"

#include <algorithm>

namespace weir {

// Optimal string alignment (Damerau and Levenshtein): a swap is the commonest slip, so it counts as one edit.
std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::vector<std::size_t>> distance(a.size() + 1, std::vector<std::size_t>(b.size() + 1));
  for (std::size_t i = 0; i <= a.size(); ++i) distance[i][0] = i;
  for (std::size_t j = 0; j <= b.size(); ++j) distance[0][j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i)
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t replaced = distance[i - 1][j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
      distance[i][j] = std::min({distance[i - 1][j] + 1, distance[i][j - 1] + 1, replaced});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
        distance[i][j] = std::min(distance[i][j], distance[i - 2][j - 2] + 1);
    }
  return distance[a.size()][b.size()];
}

std::string nearest_word(std::string_view word, const std::vector<std::string_view>& known) {
  constexpr std::size_t furthest = 2;
  std::size_t best_edits = furthest + 1;
  std::string_view best;
  for (const std::string_view candidate : known) {
    const bool goes_on = word.starts_with(candidate) && candidate.size() > furthest;
    const std::size_t edits = edit_distance(word, candidate),
                      rank = goes_on ? std::min<std::size_t>(edits, 1) : edits;
    if (rank < best_edits && (goes_on || edits < word.size())) {
      best_edits = rank;
      best = candidate;
    }
  }
  return std::string(best);
}

}  // namespace weir
