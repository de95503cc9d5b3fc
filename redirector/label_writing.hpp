// A file of labels from lines of text, written as the lines come.
// Shape:   a line is a text, and behind a tab its name; without one the name is what stands behind
//          the text's last slash, or the line's number where that is no name. Empty lines are
//          passed over.
// Errors:  a sentence and the line that is to blame; what was written is removed then.
// Memory:  as qr/sheet and qr/zip, and a ZIP's names, or the texts of codes with a logo.
#pragma once

#include "qr/label_file.hpp"

#include <cstddef>
#include <cstdint>
#include <istream>
#include <string>

namespace redirector {

struct LabelWriting {
    qr::LabelOrder order;
    std::string payload_base;  // goes before each line, which then is a short ID; empty: nothing
    std::string output;        // path; empty: standard output
    bool progress = false;     // a bar on standard error
};

struct WrittenLabels {
    std::size_t labels = 0;
    std::uint64_t bytes = 0;
    std::string problem;   // empty: all is written
    std::size_t line = 0;  // that the problem is in; 0: in none
};

WrittenLabels write_labels(const LabelWriting& writing, std::istream& lines);

}  // namespace redirector
