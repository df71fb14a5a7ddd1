#!/bin/sh
# Renders seven clips, trains every stage and each of them left out, and leaves table.md and curves.png in dist/tiny/ablation.
# From the repository's root, with the engine's Python: PYTHON=.venv/engine/bin/python docs/training/tiny/run.sh
set -e
PYTHON="${PYTHON:-python}"
"$PYTHON" -m engine train make-clips --out dist/tiny/clips --scenes 7 --views 1 --looks 1 --frames 6 --seed 1
"$PYTHON" -m engine train ablate --config docs/training/tiny/ablate.toml
