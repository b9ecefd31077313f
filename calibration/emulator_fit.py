"""The parts of an emulator fitted to draws: a quadratic surface, a small network, variances that depend on parameters."""

import warnings

import numpy as np

from coprod_abm.calibration.bank import Array

HIDDEN = (64, 64)
BATCHES = (64, 512)  # a fiftieth of the draws, within these
RATES = ((4e-3, 120), (1e-3, 40), (2e-4, 20))  # learning rates in turn, each with its largest number of epochs
PATIENCE = 15  # epochs without progress before the next rate
PULL, VARIANCE_PULL = 1.0, 50.0  # how many draws the prior guess weighs: no slope, and the same variance everywhere
NEWTON_STEPS = 25


def quadratic(x: Array) -> Array:
    """Constant, linear, square and product terms (draw, feature) of x (draw, parameter)."""
    left, right = np.triu_indices(x.shape[1])
    return np.concatenate([np.ones((len(x), 1)), x, x[:, left] * x[:, right]], axis=1)


def fit_surface(features: Array, y: Array) -> Array:
    """Least-squares coefficients (feature, slot)."""
    gram = features.T @ features + PULL * np.eye(features.shape[1])
    return np.linalg.solve(gram, features.T @ y)


def network(layers: tuple[tuple[Array, Array], ...], x: Array) -> Array:
    """What a network of tanh layers gives (draw, slot)."""
    for weights, biases in layers[:-1]:
        x = np.tanh(x @ weights + biases)
    weights, biases = layers[-1]
    return x @ weights + biases


def fit_network(x: Array, y: Array, seed: int) -> tuple[tuple[Array, Array], ...]:
    """The layers of a network trained on draws, stopped early on a tenth of them."""
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.neural_network import MLPRegressor

    size = np.maximum(y.std(axis=0), 1e-9)
    inputs, wanted = x.astype(np.float32), (y / size).astype(np.float32)  # single precision halves the time
    told = {"activation": "tanh", "alpha": 1e-5, "early_stopping": True, "tol": 1e-5, "random_state": seed}
    model = MLPRegressor(
        hidden_layer_sizes=HIDDEN, batch_size=int(np.clip(len(x) // 50, *BATCHES)), warm_start=True, **told
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        for rate, epochs in RATES:
            model.set_params(learning_rate_init=rate, max_iter=epochs, n_iter_no_change=PATIENCE)
            model.fit(inputs, wanted if y.shape[1] > 1 else wanted[:, 0])
    layers = [
        (np.asarray(one, float), np.asarray(other, float))
        for one, other in zip(model.coefs_, model.intercepts_, strict=True)
    ]
    weights, biases = layers[-1]
    return (*layers[:-1], (weights * size, biases * size))


def fit_log_variance(features: Array, errors: Array, floor: float) -> Array:
    """Coefficients (feature, slot) of the log variance of normal errors, by Newton's method on the likelihood."""
    shrink = VARIANCE_PULL / len(features)
    gram = features.T @ features / (2.0 * len(features)) + shrink * np.eye(features.shape[1])
    found = np.zeros((features.shape[1], errors.shape[1]))
    square = errors**2 + floor
    found[0] = np.log(square.mean(axis=0))
    free = np.ones((len(gram), 1))
    free[0] = 0.0
    for _ in range(NEWTON_STEPS):
        ratio = square * np.exp(-(features @ found))
        slope = features.T @ (1.0 - ratio) / (2.0 * len(features)) + shrink * free * found
        step = np.linalg.solve(gram, slope)
        found -= np.clip(step, -0.5, 0.5)
        if np.abs(step).max() < 1e-4:
            break
    return found
