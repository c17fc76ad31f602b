"""LoRA matrices and the model they stand beside, made into one model."""

from pathlib import Path

from engine.models.generator import open_generator


def merge_adapter(base: Path | str, adapter: Path, target: Path) -> None:
    """Write the model that `base` becomes with the matrices in `adapter` to the folder `target`.

    Raises InputError where either is not what it should be.
    """
    generator = open_generator(base, adapter)
    generator.model.save_pretrained(target)
    generator.tokenizer.save_pretrained(target, save_jinja_files=False)
