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
    "moge-2-small": "679230677b4d282c6f304189a93e98e14f085902",
    "moge-2-base": "54ad3a693e61907ea4633d13dec6ee682fa09419",
    "moge-2-large": "b135031bae30b5ac2ae141a0e68717795ce38340",
    "moge-3-large": "184008f877d7ad1ad4c2cd2182a9bd1f63d0e5be",
    "moge-3-giant": "6ef26c5a4b4148dab5ccaacdb08b72dc66380475",
    "video-depth-anything-small": "256875362cff76724b920335dfb4b29dd611f66e",
    "metric-video-depth-anything-small": "273d090f2ce17df50c2872d82c8322c45da5b4dd",
    "video-depth-anything-base": "7231d0c6e260f54f103eba5005d01f6efa4f43db",
    "video-depth-anything-large": "7aafbcb5c6af0bac741aad2b6471894fb4761afa",
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
    "moge-2-small": {"model.pt": "79a16621928c2bf0ed04659218c55c01075e950507f40bb3332fb4c873d3e1dc"},
    "moge-2-base": {"model.pt": "16b8110e86d5dc5a849db120ca96ef3a223fd30b0c9146d1d81db504073da5f6"},
    "moge-2-large": {"model.pt": "280741fd09bc3f403ccff9967784c2a391b52d2c0742ae3efdb21d9f90cc1a01"},
    "moge-3-large": {"model.pt": "9b41b7b9f65ad80aab7ad686f5e9cc0d1fd33f1964022618dfbcd52fc1fb7925"},
    "moge-3-giant": {"model.pt": "ce7c15417e9105c2ace7b4272e2cc69e36940921211eb7fa05d4d0bb03f0a00c"},
    "video-depth-anything-small": {
        "video_depth_anything_vits.pth": "13379300b739e659f076a59d52e9801bd8d38c541a7e71f73bbca4dcfb013609",
    },
    "metric-video-depth-anything-small": {
        "metric_video_depth_anything_vits.pth": "3c28432b4e1f0d7bb31cad5151b6313b49457db5aa58d82e85bfb0f8b1311b33",
    },
    "video-depth-anything-base": {
        "video_depth_anything_vitb.pth": "775e578e8f9431ec0496514aa466bd0a1f67c28d0f518267809f35a43c04329b",
    },
    "video-depth-anything-large": {
        "video_depth_anything_vitl.pth": "43df27c6b396042ba34ff7b798ab279f64d204d2e86d7a373968f8fa36d0e6fa",
    },
}
"""By the model's name and the file's path in its repository."""
