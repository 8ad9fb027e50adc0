// Calls the functions that need further libraries, so that the linker must find these libraries.
#include <gradflow/gradflow.hpp>
using namespace gradflow;

int main() {
  Network network{dense<Tanh>(2, 1)};
  save_model("network.safetensors", network);
  if (can_write_onnx()) save_onnx("network.onnx", network);
  if (can_write_tensorboard()) TensorBoardSink("runs").write({0, "train_loss", -1, 1});
}
