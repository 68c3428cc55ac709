/// The interactive teaching page: one file, no request. Without scripts it tells its story in pictures; with
/// them the reader moves through attacks and paints one against a small network that runs in the page.
#pragma once

#include <string>
#include <vector>

#include "study/lesson_story.h"
#include "study/page.h"

namespace weir {

struct LessonHeading {
  std::string command;  // makes this page again
  std::vector<Fact> environment = {};
};

/// Two equal stories give equal bytes. Throws as lesson_json().
std::string lesson_page(const LessonStory& story, const LessonHeading& heading);

}  // namespace weir
