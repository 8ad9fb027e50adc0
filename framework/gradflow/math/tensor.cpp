#include <gradflow/math/tensor.hpp>

#include <gradflow/base/errors.hpp>
#include <gradflow/math/matrix_view.hpp>

namespace gradflow {
namespace {

std::string text_of(const std::vector<std::size_t>& shape) {
  std::string text = "[";
  for (const std::size_t size : shape) text += (text.size() > 1 ? ", " : "") + std::to_string(size);
  return text + "]";
}

}  // namespace

void detail::refuse_dimensions(const std::vector<std::size_t>& shape) {
  throw ShapeError({"matrix",
                    "expression",
                    text_of(shape) + " (dimensions: " + std::to_string(shape.size()) + ")",
                    "[rows, columns], or [rows] for one column",
                    {}});
}

void detail::refuse_row_length(std::size_t row, std::size_t got, std::size_t expected) {
  throw ShapeError({"matrix",
                    "row " + std::to_string(row),
                    std::to_string(got) + " numbers",
                    std::to_string(expected) + ", as in row 0",
                    {}});
}

void detail::refuse_count(std::size_t got, std::size_t rows, std::size_t columns) {
  throw ShapeError({"matrix",
                    "array",
                    std::to_string(got) + " numbers",
                    std::to_string(rows * columns) + " for " + shape_text(rows, columns),
                    {}});
}

void detail::refuse_assignment(std::size_t rows, std::size_t columns, const std::vector<std::size_t>& got) {
  throw ShapeError(
      {"matrix view", "assignment", text_of(got), shape_text(rows, columns) + ": a view keeps its shape", {}});
}

}  // namespace gradflow
