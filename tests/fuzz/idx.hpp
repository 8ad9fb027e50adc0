#pragma once
// Checks for images and labels that load_idx accepted.
#include <algorithm>
#include <string>

#include <gradflow/base/errors.hpp>
#include <gradflow/data/idx.hpp>

#include "fuzz.hpp"

namespace gradflow::fuzz {

inline void load_both(const std::string& images, const std::string& labels, std::size_t classes) {
  IdxOptions options;
  options.class_names.resize(classes, "name");
  Dataset<float> data;
  if (!accepted<FormatError>([&] { data = load_idx<float>(images, labels, options); })) return;
  require(samples(data) > 0 && rows(data.y) == samples(data) && columns(data.y) == 1, "a label for each image");
  require(features(data) > 0 && data.feature_names.size() == features(data), "a name for each pixel");
  require(std::ranges::all_of(flat(data.x), [](float pixel) { return pixel >= 0 && pixel <= 1; }), "pixels in [0, 1]");
  require(std::ranges::all_of(flat(data.y), [&](float label) { return label >= 0 && label < float(classes); }),
          "labels that have names");
}

}  // namespace gradflow::fuzz
