// The lesson that gradflow grew from: what an activation does, and what its slope does to a gradient. Prints sigmoid,
// tanh, relu and leaky relu on the lesson's grids beside the numbers that the lesson printed; draws f and f' of any
// activation. With --report it writes the gallery: a page with all of them, the lesson's pictures with a z to move.
//
// tested with:
// tested with: --draw gelu,leaky_relu(slope=0.01) --range 3
// tested with: --draw sigmoid,sine --report --output gallery
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <string>
#include <vector>

#include <fmt/format.h>

#include <gradflow/base/file.hpp>
#include <gradflow/gradflow.hpp>

#include "common/command_line.hpp"
#include "common/page.hpp"

using namespace gradflow;

namespace {

struct ActivationSettings {
  std::string names;
  double range = 5;
  bool report = false;
  std::string output = "runs/activations";
};

/// What TensorFlow printed, in float, on ten points from left to right.
struct LessonTable {
  const char* activation;
  const char* claim;
  std::vector<float> x, y, slope;  ///< slope: empty where the lesson has none
};

const std::vector<LessonTable>& lesson() {
  static const std::vector<LessonTable> tables = {
      {"sigmoid",
       "The slope is at most 1/4, and next to nothing where |x| is large: there the gradient vanishes.",
       {-10, -7.7777777f, -5.5555553f, -3.333333f, -1.1111107f, 1.1111116f, 3.333334f, 5.5555563f, 7.7777786f, 10},
       {4.5418739e-05f, 4.1875243e-04f, 3.8510859e-03f, 3.4445167e-02f, 2.4766389e-01f, 7.5233626e-01f, 9.6555483e-01f,
        9.9614894e-01f, 9.9958128e-01f, 9.9995458e-01f},
       {4.5416677e-05f, 4.1857705e-04f, 3.8362551e-03f, 3.3258699e-02f, 1.8632649e-01f, 1.8632641e-01f, 3.3258699e-02f,
        3.8362255e-03f, 4.1854731e-04f, 4.5416677e-05f}},
      {"tanh",
       "tanh x = 2 sigmoid(2x) - 1: centred on 0, its slope is at most 1, and vanishes further out as well.",
       {-5, -3.8888888f, -2.7777777f, -1.6666665f, -0.55555534f, 0.5555558f, 1.666667f, 2.7777781f, 3.8888893f, 5},
       {-0.99990916f, -0.9991625f, -0.99229795f, -0.9311096f, -0.5046722f, 0.5046726f, 0.93110967f, 0.99229795f,
        0.9991625f, 0.99990916f},
       {}},
      {"relu",
       "The slope is 0 or 1: nothing shrinks on the way back, but a unit below 0 for every sample gets no gradient.",
       {-1, -0.7777778f, -0.5555556f, -0.3333333f, -0.1111111f, 0.11111116f, 0.33333337f, 0.5555556f, 0.7777778f, 1},
       {0, 0, 0, 0, 0, 0.11111116f, 0.33333337f, 0.5555556f, 0.7777778f, 1},
       {}},
      {"leaky_relu",
       "A slope of 0.2 below 0 (TensorFlow's default) keeps such a unit alive.",
       {-1, -0.7777778f, -0.5555556f, -0.3333333f, -0.1111111f, 0.11111116f, 0.33333337f, 0.5555556f, 0.7777778f, 1},
       {-0.2f, -0.15555556f, -0.11111112f, -0.06666666f, -0.02222222f, 0.11111116f, 0.33333337f, 0.5555556f, 0.7777778f,
        1},
       {}}};
  return tables;
}

/// f and f' in float, as a network computes them.
Dual<Lanes<float>> at(const std::string& activation, float x) {
  const auto both = [x](const auto& policy) { return std::optional(value_and_slope(policy, Lanes<float>(x))); };
  return *by_name<std::optional<Dual<Lanes<float>>>>(Activations{}, "activation", activation, both);
}

void print_lesson(const LessonTable& table) {
  std::printf("\n%s. %s\n%12s %15s %15s %15s%s\n", table.activation, table.claim, "x", "lesson f", "f", "f'",
              table.slope.empty() ? "" : "       lesson f'");
  for (std::size_t i = 0; i < table.x.size(); ++i) {
    const auto [value, slope] = at(table.activation, table.x[i]);
    std::printf("%12.8g %15.8g %15.8g %15.8g", static_cast<double>(table.x[i]), static_cast<double>(table.y[i]),
                static_cast<double>(value.first()), static_cast<double>(slope.first()));
    if (!table.slope.empty()) std::printf(" %15.8g", static_cast<double>(table.slope[i]));
    std::printf("\n");
  }
}

/// A drawing of characters, x from left to right, y from bottom to top.
class Drawing {
 public:
  static constexpr int width = 65, height = 21;

  Drawing(double range, double low, double high) : range_(range), low_(low), high_(high) {
    for (int column = 0; column < width; ++column) put(x(column), 0, '-');
    for (int line = 0; line < height; ++line) lines_[static_cast<std::size_t>(line)][width / 2] = '|';
  }
  double x(int column) const { return range_ * (2.0 * column / (width - 1) - 1); }
  void put(double x, double y, char mark) {
    const double column = (x / range_ + 1) / 2 * (width - 1), line = (high_ - y) / (high_ - low_) * (height - 1);
    if (line > -0.5 && line < height - 0.5)
      lines_[static_cast<std::size_t>(std::lround(line))][static_cast<std::size_t>(std::lround(column))] = mark;
  }
  void print() const {
    for (int line = 0; line < height; ++line)
      std::printf("%9.3g %s\n", high_ - line * (high_ - low_) / (height - 1),
                  lines_[static_cast<std::size_t>(line)].c_str());
    std::printf("%9s %-*.4g%*.4g\n", "", width / 2, -range_, width / 2 + 1, range_);
  }

 private:
  double range_, low_, high_;
  std::vector<std::string> lines_ = std::vector<std::string>(height, std::string(width, ' '));
};

void draw(const std::string& name, double range) {
  const ActivationInfo info = by_name<ActivationInfo>(Activations{}, "activation", name,
                                                      [](const auto& policy) { return activation_info(policy); });
  double low = 0, high = 0;
  for (int i = -100; i <= 100; ++i)
    for (const double y : {info.value(i * range / 100), info.slope(i * range / 100)}) {
      low = std::min(low, y);
      high = std::max(high, y);
    }
  Drawing drawing(range, low, high);
  for (int column = 0; column < Drawing::width; ++column) {
    drawing.put(drawing.x(column), info.slope(drawing.x(column)), '.');
    drawing.put(drawing.x(column), info.value(drawing.x(column)), '*');
  }
  std::printf("\n%s: * f, . f'\n", info.name.c_str());
  drawing.print();
}

/// Of those that are to be drawn, by default of all that the library has.
Gallery gallery_of(const ActivationSettings& s) {
  constexpr std::size_t floats = 50'001;  // some tenths of a second for all
  Gallery gallery{"Activations", command_line(), {}, s.range, floats, {}};
  std::vector<std::string> names = split_list(s.names);
  if (s.names.empty()) {
    const auto all = names_of(Activations{});
    names.assign(all.begin(), all.end());
  }
  for (const std::string& name : names)
    gallery.activations.push_back(
        by_name<GalleryActivation>(Activations{}, "activation", name,
                                   [&](const auto& policy) { return gallery_activation(policy, s.range, floats); }));
  gallery.settings = {{"draw", s.names.empty() ? "all" : s.names}, {"range", fmt::format("{}", s.range)}};
  return gallery;
}

void run(const ActivationSettings& s) {
  // First, so that a pipe that closes early does not keep it from being written.
  if (s.report) make_folder(s.output);
  const std::string on_report =
      write_page_if_asked(s.report, s.output, [&](const std::string& path) { write_gallery(path, gallery_of(s)); });
  if (s.names.empty())
    for (const LessonTable& table : lesson()) print_lesson(table);
  for (const std::string& name : split_list(s.names.empty() ? "sigmoid,tanh,relu,leaky_relu" : s.names))
    draw(name, s.range);
  std::printf("%s", on_report.c_str());
}

}  // namespace

int main(int argc, char** argv) {
  ActivationSettings settings;
  CLI::App app("Activation functions and their slopes: the lesson's tables, drawings, and a page of all of them.",
               "activations");
  Options options(app);
  options
      .list("--draw", settings.names, one_of(Activations{}, "activation"),
            "draw these alone: " + choices(Activations{}))
      ->default_str("");
  options.number("--range", settings.range, 1e-3, 1e3, "draw from -X to X");
  add_report_option(options, settings.report, "a page with the curves of all activations, or of those of --draw");
  options.text("--output", settings.output, "folder for report.html");
  return run_command(app, argc, argv, [&] { run(settings); });
}
