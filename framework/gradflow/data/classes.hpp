#pragma once
// Makes classes from the labels of a file.
#include <cstddef>
#include <map>
#include <string>
#include <vector>

#include <gradflow/data/dataset.hpp>

namespace gradflow {

/// What the targets in a file are: classes (numbers or texts), or the values of a regression.
enum class Target { classes, values };

namespace detail {

/// Throws ValueError if there are fewer than two classes. Throws FormatError if the labels look like measurements: they
/// are numbers, and most of them differ. A network would learn each of them as a separate class.
/// what: "classes in column 'species'".
void require_classes(const std::string& path, const std::string& what, const std::vector<std::string>& names,
                     std::size_t samples, bool numbers);

/// Sets data.y [samples, 1] to the class index of each label. The classes are the different labels, in the order
/// `before`. Sets data.class_names to name(label) of each class.
template <class T, class Label, class Before, class Name>
void set_classes(Dataset<T>& data, const std::vector<Label>& labels, const Before& before, const Name& name) {
  std::map<Label, std::size_t, Before> index(before);
  for (const Label& label : labels) index.emplace(label, 0);
  for (auto& [label, position] : index) {
    position = data.class_names.size();
    data.class_names.push_back(name(label));
  }
  data.y = zeros<T>(labels.size(), 1);
  for (std::size_t i = 0; i < labels.size(); ++i) data.y(i, 0) = static_cast<T>(index.at(labels[i]));
}

}  // namespace detail
}  // namespace gradflow
