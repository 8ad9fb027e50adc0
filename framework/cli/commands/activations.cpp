// Draws f and f' of activations. With --report it also writes the gallery: a page with the curves of all activations,
// on which the reader can move z.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <string>
#include <vector>

#include <fmt/format.h>

#include <gradflow/base/file.hpp>
#include <gradflow/gradflow.hpp>

#include <cli/activation_option.hpp>
#include <cli/commands.hpp>
#include <cli/report_option.hpp>

using namespace gradflow;

namespace {

struct ActivationSettings {
  std::string names;
  double range = 5;
  bool report = false;
  std::string output = "runs/activations";
};

/// A drawing made of characters: x from left to right, y from bottom to top.
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
  const ActivationInfo info = activation_by_name<ActivationInfo>(
      Activations{}, name, [](const auto& policy) { return activation_info(policy); });
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

/// Returns the gallery of the activations that --draw names, or of all activations.
Gallery gallery_of(const ActivationSettings& s) {
  constexpr std::size_t floats = 50'001;  // takes a few tenths of a second for all activations
  Gallery gallery{"Activations", command_line(), {}, s.range, floats, {}};
  std::vector<std::string> names = activations_of("--draw", s.names);
  if (s.names.empty()) {
    const auto all = names_of(Activations{});
    names.assign(all.begin(), all.end());
  }
  for (const std::string& name : names)
    gallery.activations.push_back(activation_by_name<GalleryActivation>(
        Activations{}, name, [&](const auto& policy) { return gallery_activation(policy, s.range, floats); }));
  gallery.settings = {{"draw", s.names.empty() ? "all" : s.names}, {"range", fmt::format("{}", s.range)}};
  return gallery;
}

void run(const ActivationSettings& s) {
  const auto names = activations_of("--draw", s.names.empty() ? "sigmoid,tanh,relu,leaky_relu" : s.names);
  print_formula_findings(names);
  // Writes the page first, so that it is complete even if the reader of stdout closes the pipe early.
  if (s.report) make_folder(s.output);
  const std::string on_report =
      write_page_if_asked(s.report, s.output, [&](const std::string& path) { write_gallery(path, gallery_of(s)); });
  for (const std::string& name : names) draw(name, s.range);
  std::printf("%s", on_report.c_str());
}

class ActivationsCommand final : public Command {
 public:
  void add_options(CLI::App&, Options& options) override {
    options
        .list("--draw", settings_.names, activation_of(Activations{}),
              "draw only these activations: " + activation_choices(Activations{}))
        ->default_str("");
    options.number("--range", settings_.range, 1e-3, 1e3, "draw z from -X to X");
    add_report_option(options, settings_.report, "a page with the curves of all activations, or of the ones in --draw");
    options.text("--output", settings_.output, "folder for report.html");
  }
  void run(const CLI::App&) override { ::run(settings_); }

 private:
  ActivationSettings settings_;
};

}  // namespace

std::unique_ptr<Command> make_activations() { return std::make_unique<ActivationsCommand>(); }
