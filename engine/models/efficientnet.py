"""EfficientNet-Lite0 (Tan and Le 2019), without the batch normalisation its training needed.

The lite variants have no squeeze-and-excitation and ReLU6 in place of swish. In use, batch
normalisation is a scale and a shift, which `engine.models.converters.efficientnet` folds into the
convolutions before it.
"""

from pathlib import Path

from safetensors.torch import load_file
from torch import Tensor, nn
from torch.nn import functional

MODEL_TYPE = "efficientnet-lite0"
SIZE = 224
# The official weights were trained on (byte - 127) / 128.
MEAN, SPREAD = 127.0, 128.0
FEATURES = 1280
CLASSES = 1000

_STEM = 32
# Expansion, kernel, stride, channels and repeats of each stage, as in the paper's table 1.
_STAGES = (
    (1, 3, 1, 16, 1),
    (6, 3, 2, 24, 2),
    (6, 5, 2, 40, 2),
    (6, 3, 2, 80, 3),
    (6, 5, 1, 112, 3),
    (6, 5, 2, 192, 4),
    (6, 3, 1, 320, 1),
)


class EfficientNetLite0(nn.Module):
    """Pictures, shape (n, 3, 224, 224), to features (n, 1280) and ImageNet logits (n, 1000)."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = _SameConv(3, _STEM, 3, stride=2)
        blocks: list[nn.Module] = []
        channels = _STEM
        for expansion, kernel, stride, out, repeats in _STAGES:
            for repeat in range(repeats):
                blocks.append(_Block(channels, out, expansion, kernel, 1 if repeat else stride))
                channels = out
        self.blocks = nn.Sequential(*blocks)
        self.head = _SameConv(channels, FEATURES, 1)
        self.classifier = nn.Linear(FEATURES, CLASSES)

    def forward(self, pictures: Tensor) -> tuple[Tensor, Tensor]:
        """Features before the classifier, and its logits."""
        hidden = functional.relu6(self.stem(pictures))
        hidden = functional.relu6(self.head(self.blocks(hidden)))
        features = hidden.mean(dim=(2, 3))
        return features, self.classifier(features)


class _SameConv(nn.Conv2d):
    """A convolution padded as TensorFlow does: an odd pixel goes to the right and the bottom."""

    def __init__(
        self, channels: int, out: int, kernel: int, stride: int = 1, groups: int = 1
    ) -> None:
        super().__init__(channels, out, kernel, stride, groups=groups)

    def forward(self, pictures: Tensor) -> Tensor:
        height, width = (self._padding(size) for size in pictures.shape[-2:])
        padded = functional.pad(
            pictures, (width // 2, width - width // 2, height // 2, height - height // 2)
        )
        return super().forward(padded)

    def _padding(self, size: int) -> int:
        stride, kernel = self.stride[0], self.kernel_size[0]
        return max((-(-size // stride) - 1) * stride + kernel - size, 0)


class _Block(nn.Module):
    """Expand the channels, look around in each of them, and project back."""

    def __init__(self, channels: int, out: int, expansion: int, kernel: int, stride: int) -> None:
        super().__init__()
        inner = channels * expansion
        self.expand = _SameConv(channels, inner, 1) if expansion > 1 else None
        self.depthwise = _SameConv(inner, inner, kernel, stride, groups=inner)
        self.project = _SameConv(inner, out, 1)
        self.residual = stride == 1 and channels == out

    def forward(self, pictures: Tensor) -> Tensor:
        wide = pictures if self.expand is None else functional.relu6(self.expand(pictures))
        hidden: Tensor = self.project(functional.relu6(self.depthwise(wide)))
        return pictures + hidden if self.residual else hidden


def load(folder: Path) -> EfficientNetLite0:
    """The network that `convert` wrote to `folder`."""
    network = EfficientNetLite0()
    network.load_state_dict(load_file(folder / "model.safetensors"))
    return network.eval()
