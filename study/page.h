/// The report: one HTML file with everything inside, that opens anywhere, offline, on a phone, in the dark,
/// on paper.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "study/statistics.h"

namespace weir {

/// A line of the masthead or of the environment.
struct Fact {
  std::string label;
  std::string value;
};

enum class Status { holds, fails, undecided, not_measured };
std::string_view to_string(Status status);

/// One case of a statement.
struct FindingRow {
  std::string what;                    // "FGSM, IIP"
  Measured measured = {};              // of inputs: where there are none (n = 0), it was not measured
  std::optional<double> p_value = {};  // of a case that is decided by one
  std::optional<Status> status = {};   // what the case says alone; none: told beside, decides nothing
};

/// One statement of the paper and how it came out here.
struct Finding {
  std::string id;
  std::string question;
  std::string statement;
  std::string evidence;   // the paper's
  std::string test = {};  // how it is decided, fixed before any run
  std::string ours = {};  // a line: what the rows' values are, or why there are none
  Status status = Status::not_measured;
  std::vector<FindingRow> rows = {};
};

struct Section {
  std::string id;
  std::string heading;
  std::string introduction = {};  // plain text, a paragraph
  std::string html = {};
};

struct Page {
  std::string title;
  std::string lead;
  std::string kicker = "Weir · study report";  // the kind of page, above the title
  std::string notice = {};                     // what a reader must know before any number
  std::vector<Fact> facts = {};
  std::vector<Finding> findings = {};
  std::vector<Section> sections = {};
  std::string hero = {};    // HTML under the lead: what the page is about, to be seen at once
  std::string style = {};   // CSS of this kind of page, behind that of all pages
  std::string script = {};  // improves a page that is whole without it
};

/// The whole document. Two pages of equal content are equal byte for byte.
std::string render(const Page& page);

/// What stands at the head of a page: counters, a card for each finding, the unmeasured by name; nothing
/// where there are none (page_findings.cpp).
std::string to_html(const std::vector<Finding>& findings);

/// A definition list, for the environment and the timing.
std::string to_html(const std::vector<Fact>& facts);

/// The style sheet of all pages of Weir (page_style.cpp).
std::string_view page_style();

}  // namespace weir
