"""Schedules: the factor at each step of a run of 20 epochs, and sgd on the quadratic with this schedule."""
import numpy as np
import torch

from families.numbers import ten_a_line
from families.problems import STEPS, Quadratic, descend

STEPS_IN_EPOCH = 10

# After each epoch. The loss falls, stays, falls by less than the threshold, rises, and falls again.
VALIDATION_LOSSES = [
    2.0, 1.5, 1.25, 1.25, 1.24999, 1.5, 1.0, 1.125, 1.25, 1.0, 0.75, 0.8, 0.9, 1.0, 1.1, 1.2, 0.5, 0.5, 0.5, 0.5,
]  # fmt: skip


def schedule_table():
    """Rows of: gradflow's text, the schedule in torch, the unit in which it advances, and the step after which it stops
    advancing (torch's cosine would rise again)."""
    s = torch.optim.lr_scheduler

    def warmup(o, n):
        return s.LinearLR(o, start_factor=1 / n, end_factor=1, total_iters=n - 1)

    def one_cycle(o, steps, **options):
        return s.OneCycleLR(o, max_lr=o.param_groups[0]["lr"], total_steps=steps, cycle_momentum=False, **options)

    def one_cycle_of_120(o):
        return one_cycle(o, 120, pct_start=0.5, div_factor=10, final_div_factor=100)

    def cosine(o, steps, minimum):
        return s.CosineAnnealingLR(o, T_max=steps, eta_min=minimum * o.param_groups[0]["lr"])

    def plateau(o, **options):
        return s.ReduceLROnPlateau(o, **options)

    return [
        ("constant", lambda o: s.ConstantLR(o, factor=1), "steps", STEPS),
        ("step(every=6)", lambda o: s.StepLR(o, step_size=6), "epochs", STEPS),
        ("step(every=3, gamma=0.7)", lambda o: s.StepLR(o, step_size=3, gamma=0.7), "epochs", STEPS),
        ("exponential(gamma=0.8)", lambda o: s.ExponentialLR(o, gamma=0.8), "epochs", STEPS),
        ("cosine", lambda o: cosine(o, STEPS, 0), "steps", STEPS),
        ("cosine(steps=120, minimum=0.05)", lambda o: cosine(o, 120, 0.05), "steps", 120),
        ("linear_warmup", lambda o: warmup(o, 100), "steps", STEPS),
        ("linear_warmup(steps=30)", lambda o: warmup(o, 30), "steps", STEPS),
        ("one_cycle", lambda o: one_cycle(o, STEPS), "steps", STEPS - 1),
        ("one_cycle(steps=120, rising=0.5, divisor=10, final_divisor=100)", one_cycle_of_120, "steps", 119),
        ("on_plateau(patience=2)", lambda o: plateau(o, patience=2), "losses", STEPS),
        (
            "on_plateau(gamma=0.5, patience=0, threshold=0.2)",
            lambda o: plateau(o, factor=0.5, patience=0, threshold=0.2),
            "losses",
            STEPS,
        ),
    ]


def advance(schedule, counts, last, step):
    """Advances the schedule after a step, like a training loop. Steps count from 0."""
    ends_epoch = (step + 1) % STEPS_IN_EPOCH == 0
    if counts == "steps" and step < last:
        schedule.step()
    elif counts == "epochs" and ends_epoch:
        schedule.step()
    elif counts == "losses" and ends_epoch:
        schedule.step(VALIDATION_LOSSES[step // STEPS_IN_EPOCH])


def schedules():
    rate = 0.125
    arrays = {**Quadratic.beginning(), "learning rate": np.array([[rate]])}
    arrays["validation losses"] = ten_a_line(VALIDATION_LOSSES)
    for text, make, counts, last in schedule_table():
        problem = Quadratic()
        optimizer = torch.optim.SGD(problem.parameters(), lr=rate)
        schedule, factors = make(optimizer), []

        def after_step(step):
            factors.append(used.pop() / rate)
            advance(schedule, counts, last, step)
            used.append(optimizer.param_groups[0]["lr"])

        used = [optimizer.param_groups[0]["lr"]]
        arrays[f"{text}; losses"] = ten_a_line(descend(problem, optimizer, after_step))
        arrays[f"{text}; factors"] = ten_a_line(factors)
        arrays[f"{text}; parameters"] = problem.final()["parameters"]
    return arrays
