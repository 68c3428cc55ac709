/// What a trace says in words.
#pragma once

#include <string>

#include "study/trace.h"

namespace weir {

/// "cat"; "class 3" of a network of other than ten classes; "nothing" for no class.
std::string class_word(std::int32_t index, std::size_t classes);
std::string class_word(std::int32_t index, const Trace& trace);
/// "a cat", "an automobile", "nothing".
std::string with_article(const std::string& noun);
/// "97.2 %"; at the ends "over 99.9 %" and "under 0.1 %", since no softmax is ever certain.
std::string percent(double share);
/// "cat 97 %": the answer to a step.
std::string answer_words(const TraceStep& step, const Trace& trace);
/// "start", "step 3", "end (9)"; "original" before a start elsewhere.
std::string step_word(Index step, const Trace& trace);

/// "How a cat became a dog", or "A cat that stayed a cat".
std::string trace_title(const Trace& trace);

/// What happened, in one or two plain sentences. `attack` is its title, `network` its name.
std::string trace_sentence(const Trace& trace, const std::string& attack, const std::string& network);

/// "x 5, y 12, red": where feature `index` of the image lies; x from the left, y from the top, from 0.
std::string feature_words(Index index, const Trace& trace);

}  // namespace weir
