#include <gradflow/math/shapes.hpp>

#include <utility>

#include <gradflow/base/errors.hpp>

namespace gradflow {
namespace {

std::string with_reason(std::string expected, std::string_view why) {
  if (!why.empty()) expected.append(", ").append(why);
  return expected;
}

}  // namespace

void detail::refuse_shape(std::string where, std::string_view what, std::size_t rows, std::size_t columns,
                          const ExpectedShape& expected) {
  throw ShapeError({std::move(where), std::string(what), shape_text(rows, columns),
                    with_reason(shape_text(expected.rows, expected.columns), expected.why),
                    std::string(expected.hint)});
}

void detail::refuse_size(std::string where, std::string_view what, std::size_t got, std::size_t expected,
                         const char* why) {
  throw ShapeError({std::move(where),
                    std::string(what),
                    std::to_string(got) + " numbers",
                    with_reason(std::to_string(expected), why),
                    {}});
}

}  // namespace gradflow
