"""From a GGUF file, as llama.cpp reads it, to a model folder that transformers loads quickly."""

from pathlib import Path


def convert(file: Path, folder: Path) -> None:
    """Write the causal language model in `file` to `folder`: half precision on disk.

    Reading a GGUF file takes 20 to 30 s, mostly for its tokenizer; the folder loads in two.
    """
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer
    from transformers.utils import logging

    logging.disable_progress_bar()
    source = {"gguf_file": file.name, "local_files_only": True, "trust_remote_code": False}
    packed = AutoModelForCausalLM.from_pretrained(file.parent, dtype=torch.float32, **source)
    tokenizer = AutoTokenizer.from_pretrained(file.parent, **source)
    # A model with the quantisation still in its settings cannot be saved.
    settings = packed.config.to_dict()
    del settings["quantization_config"]
    plain = AutoModelForCausalLM.from_config(type(packed.config)(**settings))
    plain.load_state_dict(packed.state_dict())
    plain.half().save_pretrained(folder)
    tokenizer.save_pretrained(folder)
