"""Bfloat16 where it is quick: on a GPU, and on processors that have instructions for it."""

from __future__ import annotations

import torch


def fast_bfloat16() -> bool:
    """Has this processor bfloat16 matrix instructions? Without them a bfloat16 pass is slower than a float32 one."""
    return bool(torch.cpu._is_amx_tile_supported() or torch.cpu._is_avx512_bf16_supported())


def quick(device: str) -> torch.autocast:
    """A passage in which a model runs in bfloat16 on this type of device, or as it is where that is quicker."""
    return torch.autocast(device, torch.bfloat16, enabled=device != "cpu" or fast_bfloat16())
