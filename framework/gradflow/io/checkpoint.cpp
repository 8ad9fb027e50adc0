#include <gradflow/io/checkpoint.hpp>

#include <algorithm>
#include <filesystem>
#include <functional>
#include <optional>
#include <span>
#include <stdexcept>
#include <type_traits>
#include <utility>

#include <gradflow/base/errors.hpp>
#include <gradflow/base/state.hpp>
#include <gradflow/base/state_values.hpp>
#include <gradflow/io/model_file.hpp>

namespace gradflow {
namespace {

namespace fs = std::filesystem;

const std::string state_prefix = "state.", note_prefix = "note.", best_name = "best_values";

/// Returns the name without the prefix; empty if the name does not begin with the prefix.
std::optional<std::string> without(const std::string& prefix, const std::string& name) {
  return name.starts_with(prefix) ? std::optional(name.substr(prefix.size())) : std::nullopt;
}

void add(detail::ModelParts& parts, const std::string& name, const StateValue& value) {
  std::visit(
      [&]<class V>(const V& numbers) {
        if constexpr (std::is_same_v<V, std::string>)
          parts.metadata[state_prefix + name] = numbers;
        else
          parts.tensors.push_back(
              tensor(state_prefix + name, {numbers.size()}, std::span<const typename V::value_type>(numbers)));
      },
      value);
}

template <class N>
std::vector<N> numbers_of(const SafetensorsFile& file, const Tensor& tensor) {
  std::vector<N> numbers(tensor.bytes.size() / sizeof(N));
  file.read(tensor.name, {numbers.size()}, std::span(numbers));
  return numbers;
}

State state_of(const SafetensorsFile& file) {
  State state;
  for (const auto& [key, text] : file.metadata())
    if (const auto name = without(state_prefix, key)) state[*name] = text;
  for (const Tensor& tensor : file.tensors())
    if (const auto name = without(state_prefix, tensor.name)) {
      if (tensor.type == "F32")
        state[*name] = numbers_of<float>(file, tensor);
      else if (tensor.type == "F64")
        state[*name] = numbers_of<double>(file, tensor);
      else
        state[*name] = numbers_of<std::uint64_t>(file, tensor);
    }
  if (state.empty()) throw FormatError({file.path(), {}, "a model without the state of a run", "a checkpoint", {}});
  const std::string& version = file.metadata().at("gradflow_version");
  if (version != detail::format_version)
    throw FormatError(
        {file.path(), "metadata: gradflow_version", in_quotes(version), detail::format_version,
         "only the version of gradflow that began a run can continue it; load_model() reads the weights"});
  return state;
}

template <class T>
void visit(StateVisitor& state, RunState<T>& run) {
  run.visit(state);
  state.list(best_name, run.best_values);
}

template <class T>
void put_back(RunState<T>& run, const State& state, const std::string& source) {
  StateVisitor loader(state, source);
  visit(loader, run);
  loader.finish();
}

}  // namespace

struct Checkpoint::Content {
  StateValue values;
  State state;  // includes the best values
  std::vector<std::function<void()>> jobs;
  detail::ModelParts whole, best;  // their tensors refer to the numbers above
};

template <class T>
Checkpoint::Checkpoint(RunState<T>& run, const ModelInfo& info, const Metadata& notes) {
  auto content = std::make_unique<Content>();
  StateVisitor saver(content->state);
  visit(saver, run);
  content->jobs = saver.take_jobs();
  const auto current = std::as_const(run.network).values();
  const auto& values = content->values.emplace<std::vector<T>>(current.begin(), current.end());
  const auto& best_values = std::get<std::vector<T>>(content->state.at(best_name));
  detail::ModelParts& whole = content->whole = detail::model_parts<T>(run.network, values, info);
  content->best = detail::model_parts<T>(run.network, best_values.empty() ? values : best_values, info);
  for (const auto& [name, value] : content->state) add(whole, name, value);
  for (const auto& [key, text] : notes) whole.metadata[note_prefix + key] = text;
  // Tensors of 64-bit numbers come first: every tensor then begins at a multiple of its number size.
  std::stable_partition(whole.tensors.begin(),
                        whole.tensors.end(),  // clang++ 14 cannot compile the version in std::ranges
                        [](const Tensor& t) { return t.type.ends_with("64"); });
  content_ = std::move(content);
}

Checkpoint::Checkpoint(Checkpoint&&) noexcept = default;
Checkpoint& Checkpoint::operator=(Checkpoint&&) noexcept = default;
Checkpoint::~Checkpoint() = default;

void Checkpoint::write(const std::string& path) const {
  for (const auto& job : content_->jobs) job();
  detail::write_sealed(path, content_->whole);
}

void Checkpoint::write_best(const std::string& path) const { detail::write_sealed(path, content_->best); }

template <class T>
void load_checkpoint(const std::string& path, RunState<T>& run) {
  const SafetensorsFile file = detail::read_sealed(path);
  const State saved = state_of(file);
  const auto current = std::as_const(run.network).values();
  const std::vector<T> values(current.begin(), current.end());
  detail::read_model(file, run.network);
  State before;
  StateVisitor keeper(before);
  visit(keeper, run);
  try {
    put_back(run, saved, path);
  } catch (...) {
    std::ranges::copy(values, run.network.values().begin());
    put_back(run, before, "the state before");
    throw;
  }
}

std::vector<std::string> list_checkpoints(const std::string& folder) {
  std::vector<std::string> paths;
  std::error_code error;
  for (fs::directory_iterator entry(folder, error), end; !error && entry != end; entry.increment(error)) {
    const std::string name = entry->path().filename().string();
    if (name.starts_with("step-") && name.ends_with(".safetensors")) paths.push_back(entry->path().string());
  }
  std::ranges::sort(paths);
  return paths;
}

NewestCheckpoint newest_checkpoint(const std::string& folder) {
  NewestCheckpoint newest;
  auto paths = list_checkpoints(folder);
  for (; !paths.empty() && newest.path.empty(); paths.pop_back()) try {
      const SafetensorsFile file = detail::read_sealed(paths.back());
      state_of(file);
      for (const auto& [key, text] : file.metadata())
        if (const auto name = without(note_prefix, key)) newest.notes[*name] = text;
      newest.path = paths.back();
    } catch (const std::runtime_error& error) {  // FormatError, std::system_error
      newest.skipped.emplace_back(error.what());
    }
  return newest;
}

template Checkpoint::Checkpoint(RunState<float>&, const ModelInfo&, const Metadata&);
template Checkpoint::Checkpoint(RunState<double>&, const ModelInfo&, const Metadata&);
template void load_checkpoint(const std::string&, RunState<float>&);
template void load_checkpoint(const std::string&, RunState<double>&);

}  // namespace gradflow
