#include "tests/study/html_checks.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <map>
#include <regex>

namespace weir {
namespace {

std::string name_of(const std::string& tag) {
  const std::size_t first = tag[0] == '/' ? 1 : 0;
  return tag.substr(first, tag.find_first_of(" \n>", first) - first);
}

/// Elements that have no end tag.
bool stands_alone(const std::string& tag) {
  const std::string name = name_of(tag);
  return name == "meta" || name == "img" || name == "input" || name == "!DOCTYPE" || tag.back() == '/';
}

bool has(const std::string& tag, const std::string& text) { return tag.find(text) != std::string::npos; }

}  // namespace

std::vector<std::string> all_matches(const std::string& text, const std::string& pattern) {
  const std::regex expression(pattern);
  std::vector<std::string> found;
  for (std::sregex_iterator it(text.begin(), text.end(), expression), end; it != end; ++it)
    found.push_back((*it)[1]);
  return found;
}

std::vector<std::string> tags_of(const std::string& html) {
  std::vector<std::string> tags;
  for (auto first = html.find('<'); first != std::string::npos; first = html.find('<', first)) {
    const auto last = html.find('>', first);
    tags.push_back(html.substr(first + 1, last - first - 1));
    first = last;
  }
  return tags;
}

void expect_nothing_loaded(const std::string& html) {
  for (const std::string& target : all_matches(html, R"re((?:src|href)=["']([^"']{0,40}))re"))
    EXPECT_TRUE(target[0] == '#' || target.rfind("data:image/png;base64,", 0) == 0) << target;
  EXPECT_THAT(html, testing::HasSubstr("default-src 'none'; img-src data:"));
  for (const char* door : {"@import", "url(http", "fetch(", "XMLHttpRequest"})
    EXPECT_THAT(html, testing::Not(testing::HasSubstr(door)));
}

void expect_unique_ids_and_whole_references(const std::string& html) {
  std::map<std::string, int> ids;
  for (const std::string& id : all_matches(html, R"re(\bid=["']([^"']+))re")) ++ids[id];
  for (const auto& [id, count] : ids) EXPECT_EQ(count, 1) << id;
  for (const std::string& target : all_matches(html, R"re(href=["']#([^"']+))re"))
    EXPECT_EQ(ids.count(target), 1u) << target;
}

void expect_balanced_tags(const std::string& html) {
  std::vector<std::string> open;
  for (const std::string& tag : tags_of(html)) {
    if (stands_alone(tag)) continue;
    if (tag[0] != '/') {
      open.push_back(name_of(tag));
      continue;
    }
    ASSERT_FALSE(open.empty()) << tag;
    ASSERT_EQ(open.back(), name_of(tag));
    open.pop_back();
  }
  EXPECT_TRUE(open.empty());
}

void expect_words_for_every_picture(const std::string& html) {
  for (const std::string& tag : tags_of(html)) {
    if (tag.rfind("svg ", 0) == 0) {
      EXPECT_TRUE(has(tag, "aria-label=\"") || has(tag, "aria-hidden")) << tag;
    }
    if (tag.rfind("img ", 0) == 0 && has(tag, "src=")) {
      EXPECT_TRUE(has(tag, "alt=\"") && !has(tag, "alt=\"\"")) << tag.substr(tag.size() - 80);
    }
  }
}

}  // namespace weir
