/// The two streams: results on stdout, everything for a person's eyes on stderr.
#pragma once

#include <string>
#include <string_view>

#include "tensor/check.h"

namespace weir {

enum class Stream { out = 1, error = 2 };

bool is_terminal(Stream stream);
/// A terminal, and the user has not set NO_COLOR (to anything but nothing), and TERM is not "dumb".
bool wants_colour(Stream stream);
/// Columns of the terminal on stderr, 80 where it does not say.
int terminal_columns();

/// Writes everything. A reader who closed the pipe has seen enough: the rest is dropped without a word.
/// Throws Error (resource) when the disk that stdout goes to is full.
void write_results(std::string_view text);
/// To stderr; nothing can be done about failure.
void write_message(std::string_view text);

/// The message as a person sees it, the first word in colour where the terminal has colours, lines of at most
/// 100 columns.
std::string shown(const Diagnosis& diagnosis, bool colour);
/// The same for a program: {"error": {"code", "exit", "message", "note", "help"}}.
std::string as_json(const Diagnosis& diagnosis);

}  // namespace weir
