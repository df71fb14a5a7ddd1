"""SHA-256 of the files of released checkpoints, so that a download is what was released whoever serves it.

They are of the commits that `REVISIONS` names. A model or file that isn't here is checked against what the hub announces for it.
"""

from __future__ import annotations

from collections.abc import Mapping

REVISIONS: Mapping[str, str] = {
    "normalcrafter": "7e24d68d86ae008fe08ef50b4e51cd2fc2c8cf57",
    "depth-anything-small": "5426e4f0f36572d16453bbda7a8389317b1bef99",
    "depth-anything-base": "b1958afc87fb45a9e3746cb387596094de553ed8",
    "depth-anything-large": "7581137eff8d4e94f6e796d3baea0e9fa79b22d2",
}
"""Commits on the hub, by the model's name."""

_DEPTH_ANYTHING_INPUT = "d41175c0d889477ca8fc67191e540faef14baf6275157b3fdecf78469e6bbf84"

HASHES: Mapping[str, Mapping[str, str]] = {
    "normalcrafter": {
        "model_index.json": "9119b8837600736ae38009c5dc80c76112307cb2d229a2cfb477d54c329ff53d",
        "feature_extractor/preprocessor_config.json": "4db495644e3e5bd8fcac52f70e7fc0b413c911086021acf73ac30e5911166e95",
        "image_encoder/config.json": "65da4496f116d2b297fe864e0f31242fbc57e26a5d95b93310f2034e1e90d0ec",
        "image_encoder/model.fp16.safetensors": "ae616c24393dd1854372b0639e5541666f7521cbe219669255e865cb7f89466a",
        "scheduler/scheduler_config.json": "59aa43afc33395efd40fe94c7369c0477b81698f4b65b63e3ae06f26269876d5",
        "unet/config.json": "d35dfa3b19a4c7dcd10a4f72176ebc4e5cd40e463cd16626a13815017e2b6ebc",
        "unet/diffusion_pytorch_model.safetensors": "03095971efc7c439767c3a42d78ded3bc0acb3f51acbfc588c9de76c59bb27cb",
        "vae/config.json": "64c66ac3376c18804b6362024e106660129ad8372f7a368a3a638e133c2b149d",
        "vae/diffusion_pytorch_model.safetensors": "d3f871a35fabb1522da6cc7a8507f6c53a503c4d535e820620d4341209536943",
    },
    "depth-anything-small": {
        "config.json": "c56698d3643dde1f83ea2212759e6b31a22b8f827246a36dd007ee8a22b3ff75",
        "preprocessor_config.json": _DEPTH_ANYTHING_INPUT,
        "model.safetensors": "3152477ce0d8d6978d76b995120de97cb5b928701fd0f817769f59e249a16b70",
    },
    "depth-anything-large": {
        "preprocessor_config.json": _DEPTH_ANYTHING_INPUT,
        "model.safetensors": "4e01e34ed5549b529b70b92d53226bc370f03041977b390d3dde45d47f516cf9",
    },
}
"""By the model's name and the file's path in its repository."""
