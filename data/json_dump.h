/// Our JSON documents as text, for people and programs.
#pragma once

#include <string>

namespace weir {

enum class JsonLayout { one_line, indented };

/// Names of files may hold bytes that are not UTF-8, which JSON cannot: they become U+FFFD. `Json` is one of
/// nlohmann's types; this header does not drag their library in.
template <class Json>
std::string dumped(const Json& json, JsonLayout layout = JsonLayout::indented) {
  constexpr int columns = 2;
  return json.dump(layout == JsonLayout::indented ? columns : -1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace weir
