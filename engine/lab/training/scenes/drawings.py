"""Drawings of letters and simple shapes: painted on walls, or raised from them."""

import cv2
import numpy as np

LETTERS = "ABCDEFGHKLMNOPRSTUVWXYZ0123456789&?"


def drawing(rng: np.random.Generator, *, size: int, words: float) -> np.ndarray:
    """`(size, size)` uint8 with letters and simple shapes drawn in 255 on 0. `words`: share of things that are letters."""
    canvas = np.zeros((size, size), dtype=np.uint8)
    for _ in range(int(rng.integers(1, 8))):
        x, y = (int(value) for value in rng.integers(0, size, 2))
        if rng.random() < words:
            text = "".join(rng.choice(list(LETTERS), int(rng.integers(1, 7))))
            scale = size * rng.uniform(0.002, 0.016)
            cv2.putText(
                canvas, text, (x // 2, y), int(rng.integers(0, 5)), scale, 255, max(2, int(scale * rng.uniform(2, 8))), cv2.LINE_AA
            )
            continue
        radius, line = int(size * rng.uniform(0.04, 0.3)), int(rng.choice([-1, -1, size // 60, size // 25]))
        fate = rng.random()
        if fate < 0.35:
            cv2.circle(canvas, (x, y), radius, 255, line, cv2.LINE_AA)
        elif fate < 0.75:
            cv2.rectangle(canvas, (x, y), (x + radius * 2, y + int(radius * rng.uniform(0.3, 3))), 255, line, cv2.LINE_AA)
        else:
            corners = np.array([x, y]) + rng.integers(-radius, radius + 1, (3, 2))
            cv2.fillPoly(canvas, [corners.astype(np.int32)], 255, cv2.LINE_AA)
    return canvas
