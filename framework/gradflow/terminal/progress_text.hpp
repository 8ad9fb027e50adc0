#pragma once
// What a progress bar says.
#include <cstddef>
#include <limits>
#include <optional>
#include <string>
#include <string_view>

namespace gradflow {

/// How far a run is.
struct Progress {
  std::string label = {};                                    ///< begins the line; may be empty
  std::size_t done = 0;                                      ///< steps, or what `unit` says
  std::size_t total = 0;                                     ///< `done` at the end of the run
  std::optional<double> loss = {};                           ///< of the last batch; none: not shown
  std::string_view metric_name = {};                         ///< "accuracy"; empty where none is known yet; a literal
  double metric = std::numeric_limits<double>::quiet_NaN();  ///< the value of metric_name
  std::string_view unit = "steps";                           ///< what is counted; a literal
  double rate = 0;                                           ///< of them per second; 0: not known yet
  double seconds = 0;                                        ///< since the start
  bool finished = false;                                     ///< the time that it took stands in place of the time left
  bool stays = true;  ///< the line of a run that ended; else it is shown on a terminal alone, until then
};

namespace detail {

/// "relu  540/5400  loss 0.3412    accuracy 0.953  812 steps/s  0:06 left"
std::string progress_text(const Progress& progress);

/// The same with a bar behind the label, at most `width` characters wide; where there is not room enough, without the
/// bar, and then cut off.
std::string progress_bar(const Progress& progress, std::size_t width);

/// The first `width` characters of a text in UTF-8.
std::string cut(std::string text, std::size_t width);

}  // namespace detail
}  // namespace gradflow
