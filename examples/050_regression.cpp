// Regression: predicts the progress of diabetes after one year from ten measurements of 442 patients
// (datasets/diabetes.csv). Features and target are standardised on the training part. Prints the loss every ten epochs,
// then R^2 and the mean absolute error on the test part.
#include <cstdio>

#include <gradflow/gradflow.hpp>

using namespace gradflow;

int main() {
  const Dataset<float> data = load_csv(GRADFLOW_DATASETS "/diabetes.csv", {.target = Target::values});
  auto [rest, test] = split(data, {.fraction = 0.8, .seed = 1});
  auto [train, validation] = split(rest, {.fraction = 0.8, .seed = 1});
  const Scaling features = standardiser(train.x), target = standardiser(train.y);
  for (Dataset<float>* part : {&train, &validation, &test}) {
    features.apply(part->x);
    target.apply(part->y);
  }

  Network network{dense<Silu>(10, 16), dense<Identity>(16, 1)};
  network.initialize(AutoInit{}, /*seed=*/1);
  AdamW adamw({.learning_rate = 0.002, .weight_decay = 0.1});
  EarlyStopping early({.patience = 20});
  Trainer trainer(network, MeanSquaredError{}, adamw, {.epochs = 200, .restore_best = true});
  const History history = trainer.watch(early).fit(train, validation);

  for (const EpochRecord& record : history.epochs)
    if (record.epoch % 10 == 0)
      std::printf("epoch %3zu  train loss %.4f  validation loss %.4f  R^2 %.3f\n", record.epoch, record.train_loss,
                  record.validation.loss, record.validation.r2);
  const Evaluation result = evaluate(network, *make_loss<float>(MeanSquaredError{}), test);
  std::printf("Best after epoch %zu: R^2 %.3f, mean absolute error %.1f points of progress\n", *history.best_epoch,
              result.r2, result.mae * target.scale()[0]);
}
