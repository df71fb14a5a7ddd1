"""The U-Net of Stable Video Diffusion with a CLIP token of its own for every frame."""

from __future__ import annotations

import torch
from diffusers import UNetSpatioTemporalConditionModel


class FrameConditionedUNet(UNetSpatioTemporalConditionModel):
    """diffusers' class repeats one token over all frames of a video; here each frame brings its own."""

    def forward(
        self, sample: torch.Tensor, timestep: torch.Tensor, *, tokens: torch.Tensor, added_time_ids: torch.Tensor
    ) -> torch.Tensor:
        """Predict for one window.

        Args:
            sample: [T, 8, h, w], noisy latents then image latents.
            timestep: a scalar.
            tokens: [T, 1, C].
            added_time_ids: [1, 3]: frames per second, motion bucket, noise augmentation.

        Returns:
            [T, 4, h, w].
        """
        frames = sample.shape[0]
        embedding = self.time_embedding(self.time_proj(timestep.reshape(1)).to(sample.dtype))
        added = self.add_time_proj(added_time_ids.flatten()).reshape(1, -1)
        embedding = (embedding + self.add_embedding(added.to(embedding.dtype))).expand(frames, -1)
        indicator = torch.zeros(1, frames, dtype=sample.dtype, device=sample.device)

        hidden = self.conv_in(sample)
        skips = [hidden]
        for block in self.down_blocks:
            context = {"encoder_hidden_states": tokens} if _attends(block) else {}
            hidden, states = block(hidden_states=hidden, temb=embedding, image_only_indicator=indicator, **context)
            skips.extend(states)
        hidden = self.mid_block(hidden_states=hidden, temb=embedding, encoder_hidden_states=tokens, image_only_indicator=indicator)
        for block in self.up_blocks:
            states = tuple(skips[-len(block.resnets) :])
            del skips[-len(block.resnets) :]
            context = {"encoder_hidden_states": tokens} if _attends(block) else {}
            hidden = block(
                hidden_states=hidden, temb=embedding, res_hidden_states_tuple=states, image_only_indicator=indicator, **context
            )
        return self.conv_out(self.conv_act(self.conv_norm_out(hidden)))


def _attends(block: torch.nn.Module) -> bool:
    return getattr(block, "has_cross_attention", False)
