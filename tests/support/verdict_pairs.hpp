#pragma once
// Which words may describe the same run. The words are the states of the gradient at the start and at the end, the
// states of learning, and the findings. The table has every pair of words.
#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include <gradflow/flow/finding.hpp>
#include <gradflow/flow/verdict.hpp>

namespace test {

struct PairsOfWord {
  std::string_view word;
  std::string_view marks;  ///< one mark for each word above: + both may describe a run, - they contradict each other
};

inline constexpr PairsOfWord verdict_pairs[] = {
    {"start: flowing", ""},
    {"start: vanishing", "-"},
    {"start: exploding", "--"},
    {"start: dead", "---"},
    {"start: none", "----"},
    {"start: not finite", "-----"},
    {"end: flowing", "+++++-"},
    {"end: vanishing", "+++++--"},
    {"end: exploding", "+++++---"},
    {"end: dead", "+++++----"},
    {"end: none", "+++++-----"},
    {"end: not finite", "++++++-----"},
    {"learning: learned", "+++++-+++++-"},
    {"learning: learned little", "+++++-+++++--"},
    {"learning: ended too early", "+++++-+++++---"},
    {"learning: learned nothing", "+++++-+++++----"},
    {"learning: diverged", "++++++-----+----"},
    {"learning: unknown", "+++++-+++++------"},
    {"finding: vanishing by saturated slopes", "++-++-++++++-+++++"},
    {"finding: vanishing by small slopes", "++-++-++++++-+++++-"},
    {"finding: vanishing by small weights", "++-++-++++++-+++++--"},
    {"finding: exploding", "+-+-++++++++-+++++---"},
    {"finding: dead units", "++++++++++++++++++++++"},
    {"finding: outputs alike for all samples", "++++++++++++-++++++++++"},
    {"finding: output stuck at chance", "+++++-+++++----+--++++++"},
    {"finding: numerically dead", "+++++++++++++++++++++++++"},
    {"finding: learning rate too large", "++-++-++++++-++++++++-++++"},
    {"finding: learning rate too small", "+-+-+-+-+-+--+++-+---+-++--"},
    {"finding: inputs not standardised", "++++++++++++++++++++++++++++"},
    {"finding: symmetric initialisation", "+++++++++++++++++++++++++++-+"},
    {"finding: ended too early", "+---+-+---+---+---------------"},
    {"finding: unexplained", "+---+-+---+--+-+-+-------------"},
    {"finding: learned anyway", "+++++-+++++-+-------------------"},
    {"finding: healthy", "+-----+---+-+----+---------------"},
};

/// Returns the pairs of words that contradict each other, such as "start: vanishing, finding: healthy", and the words
/// that are not in the table. A word that appears twice also counts as a contradiction.
/// words: in the form "start: vanishing".
inline std::vector<std::string> contradictions(const std::vector<std::string>& words) {
  std::vector<std::string> found;
  std::vector<std::size_t> places;
  for (const std::string& word : words) {
    const auto* const at = std::ranges::find(verdict_pairs, word, &PairsOfWord::word);
    if (at == std::end(verdict_pairs))
      found.push_back(word + ", which is not listed");
    else
      places.push_back(static_cast<std::size_t>(at - verdict_pairs));
  }
  std::ranges::sort(places);
  for (std::size_t i = 0; i < places.size(); ++i)
    for (std::size_t j = 0; j < i; ++j)
      if (places[i] == places[j] || verdict_pairs[places[i]].marks[places[j]] != '+')
        found.push_back(std::string(verdict_pairs[places[j]].word) + ", " + std::string(verdict_pairs[places[i]].word));
  return found;
}

/// Returns all words that describe a run.
inline std::vector<std::string> words_of(const gradflow::Verdict& verdict,
                                         const std::vector<gradflow::Finding>& findings) {
  std::vector<std::string> words = {"start: " + std::string(name(verdict.start)),
                                    "end: " + std::string(name(verdict.end)),
                                    "learning: " + std::string(name(verdict.learning))};
  for (const gradflow::Finding& f : findings) words.push_back("finding: " + std::string(name(f.mechanism)));
  return words;
}

}  // namespace test
