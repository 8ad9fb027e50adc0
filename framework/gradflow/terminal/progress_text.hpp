#pragma once
// The text of a progress bar.
#include <cstddef>
#include <limits>
#include <optional>
#include <string>
#include <string_view>

namespace gradflow {

/// The progress of a run.
struct Progress {
  std::string label = {};                                    ///< the text that begins the line; may be empty
  std::size_t done = 0;                                      ///< number of steps done, or of another `unit`
  std::size_t total = 0;                                     ///< `done` at the end of the run
  std::optional<double> loss = {};                           ///< loss of the last batch; none: not shown
  std::string_view metric_name = {};                         ///< "accuracy"; empty: not known yet; a literal
  double metric = std::numeric_limits<double>::quiet_NaN();  ///< the value of metric_name
  std::string_view unit = "steps";                           ///< the name of what `done` counts; a literal
  double rate = 0;                                           ///< units per second; 0: not known yet
  double seconds = 0;                                        ///< seconds since the start
  bool finished = false;                                     ///< true: shows the time taken instead of the time left
  bool stays = true;  ///< false: the line is shown on a terminal only, and erased when the run ends
};

namespace detail {

/// Returns "relu  540/5400  loss 0.3412    accuracy 0.953  812 steps/s  0:06 left".
std::string progress_text(const Progress& progress);

/// Returns progress_text() with a bar after the label, at most `width` characters wide. If the text is too long, the
/// bar is left out first, then the rate; then the text is cut off.
std::string progress_bar(const Progress& progress, std::size_t width);

/// Returns the first `width` characters of a UTF-8 text.
std::string cut(std::string text, std::size_t width);

}  // namespace detail
}  // namespace gradflow
