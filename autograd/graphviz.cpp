#include "autograd/graphviz.h"

#include <deque>
#include <fmt/format.h>

namespace weir {
namespace {

/// The entries and scopes directly inside a scope, each in order of first appearance.
struct Frame {
  std::string path;
  std::string name;
  std::vector<std::size_t> entries;
  std::deque<Frame> frames;
};

/// `path` up to its last component, which names the entry itself.
std::string_view scope_of(std::string_view path) {
  const std::size_t slash = path.rfind('/');
  return slash == std::string_view::npos ? std::string_view() : path.substr(0, slash);
}

std::string_view name_of(std::string_view path) { return path.substr(path.rfind('/') + 1); }

/// The frame of a scope below `root`; made where there is none.
Frame& frame_of(Frame& root, std::string_view scope) {
  if (scope.empty()) return root;
  Frame& outer = frame_of(root, scope_of(scope));
  for (Frame& frame : outer.frames)
    if (frame.path == scope) return frame;
  outer.frames.push_back(
      {.path = std::string(scope), .name = std::string(name_of(scope)), .entries = {}, .frames = {}});
  return outer.frames.back();
}

std::string quoted(std::string_view text) {
  std::string result = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') result += '\\';
    if (c == '\n')
      result += "\\n";
    else
      result += c;
  }
  return result + '"';
}

/// What the op made, where that is not the entry's name: "parameter conv1.weight".
std::string label_of(const Entry& entry) {
  const std::string_view name = name_of(entry.path);
  return fmt::format("{}{}\n{}", name == entry.op ? "" : fmt::format("{} ", entry.op), name,
                     to_string(entry.value.shape()));
}

/// Leaves stand out: inputs are rounded, parameters grey.
std::string_view style_of(const Entry& entry) {
  if (entry.op == "input") return ", style=rounded";
  return entry.op == "parameter" ? ", style=filled, fillcolor=grey92" : "";
}

void draw(const Frame& frame, std::span<const Entry> entries, const std::string& indent, std::string& text) {
  for (const std::size_t i : frame.entries)
    text += fmt::format("{}n{} [label={}, tooltip={}{}];\n", indent, i, quoted(label_of(entries[i])),
                        quoted(entries[i].path), style_of(entries[i]));
  for (const Frame& inner : frame.frames) {
    text += fmt::format("{}subgraph {} {{\n{}  label={};\n", indent, quoted("cluster " + inner.path), indent,
                        quoted(inner.name));
    draw(inner, entries, indent + "  ", text);
    text += indent + "}\n";
  }
}

}  // namespace

std::string to_dot(const Tape& tape) {
  const std::span<const Entry> entries = tape.entries();
  Frame root;
  for (std::size_t i = 0; i < entries.size(); ++i)
    frame_of(root, scope_of(entries[i].path)).entries.push_back(i);
  std::string text = "digraph tape {\n  node [shape=box];\n";
  draw(root, entries, "  ", text);
  for (std::size_t i = 0; i < entries.size(); ++i)
    for (const int input : entries[i].inputs)
      if (input >= 0) text += fmt::format("  n{} -> n{};\n", input, i);
  return text + "}\n";
}

}  // namespace weir
