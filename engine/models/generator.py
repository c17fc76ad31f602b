"""Causal language models that write: chat messages in, texts out."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from peft import PeftConfig, PeftModel
from safetensors.torch import save_file
from torch import Tensor
from transformers import (
    AutoModelForCausalLM,
    AutoTokenizer,
    LogitsProcessor,
    LogitsProcessorList,
    PreTrainedModel,
    StoppingCriteria,
    StoppingCriteriaList,
    TextStreamer,
)
from transformers.utils import logging

from engine.errors import InputError
from engine.models.key_value_cache import make_room
from engine.models.making import MAKING
from engine.models.pretrained import locate
from engine.models.threads import keep_to_cores
from engine.progress import Progress, Silent

Messages = Sequence[Mapping[str, str]]

# Chats answered at once: more gain little on a CPU and need memory for what was read.
BATCH = {"cpu": 8, "cuda": 32}
SEED = 0
ADAPTER = "adapter_config.json"


@dataclass(frozen=True)
class SamplingConfig:
    """How words are drawn: the likeliest each time, and from `samples` 2 on the others at random.

    `temperature` and `top_k` shape the random ones; `new_tokens` ends a text at the latest.
    """

    new_tokens: int = 64
    samples: int = 1
    temperature: float = 0.8
    top_k: int = 20


class Generator:
    """A causal language model with its tokenizer.

    `adapter` holds the settings and weights of LoRA matrices that were merged into `model`, so that
    they alone need be saved beside the name of the pretrained model.
    """

    def __init__(
        self,
        model: PreTrainedModel,
        tokenizer: Any,
        adapter: tuple[PeftConfig, dict[str, Tensor]] | None = None,
    ) -> None:
        self.model = model
        self.tokenizer = tokenizer
        self.adapter = adapter

    @property
    def end(self) -> int:
        """The token that ends a text."""
        return int(self.tokenizer.eos_token_id)

    def prompt(self, messages: Messages) -> list[int]:
        """The tokens that the model reads before it writes: the chat as it was trained on.

        The marks of the chat's own form are taken out of what the messages say.
        """
        said = [{"role": one["role"], "content": self._plain(one["content"])} for one in messages]
        if self.tokenizer.chat_template:
            text = self.tokenizer.apply_chat_template(
                said, tokenize=False, add_generation_prompt=True
            )
        else:
            text = "\n\n".join(one["content"] for one in said) + "\n\n"
        return list(self.tokenizer(text, add_special_tokens=False)["input_ids"])

    def _plain(self, text: str) -> str:
        for token in self.tokenizer.added_tokens_decoder.values():
            text = text.replace(str(token), " ")
        return text

    @torch.inference_mode()
    def write(
        self, chats: Sequence[Messages], drawing: SamplingConfig, progress: Progress | None = None
    ) -> list[list[str]]:
        """`drawing.samples` texts for each chat, the likeliest first; the same ones each time.

        Chats of like length are read together and once for all their samples. Reports the stage
        `write` and can be cancelled at every word.
        """
        progress = progress or Silent()
        prompts = [self.prompt(chat) for chat in chats]
        order = sorted(range(len(prompts)), key=lambda row: len(prompts[row]))
        step = batch_size(self)
        found: dict[int, list[str]] = {}
        for start in range(0, len(order), step):
            progress.check()
            progress.stage("write", start, len(order))
            rows = order[start : start + step]
            with torch.random.fork_rng():
                torch.manual_seed(SEED)
                batch = self._write([prompts[row] for row in rows], drawing, progress)
                found |= dict(zip(rows, batch, strict=True))
        return [found[row] for row in range(len(prompts))]

    def stream(
        self, chat: Messages, drawing: SamplingConfig, on_text: Callable[[str], None]
    ) -> str:
        """The likeliest text for one chat; `on_text` gets what is written so far, at every word."""
        ids = torch.tensor([self.prompt(chat)], device=self.model.device)
        streamer = _Streamer(self.tokenizer, on_text)
        with torch.inference_mode():
            out = self.model.generate(  # type: ignore[operator]
                input_ids=ids,
                attention_mask=torch.ones_like(ids),
                streamer=streamer,
                **self._options(drawing),
            )
        return self._decode(out[0, ids.shape[1] :])

    def _write(
        self, prompts: list[list[int]], drawing: SamplingConfig, progress: Progress
    ) -> Iterator[list[str]]:
        ids, mask = pad_left(prompts, self.end)
        ids, mask = ids.to(self.model.device), mask.to(self.model.device)
        # All at once: reading the weights for each word takes most of the time.
        samples = drawing.samples
        out = self.model.generate(  # type: ignore[operator]
            input_ids=ids.repeat_interleave(samples, dim=0),
            attention_mask=mask.repeat_interleave(samples, dim=0),
            past_key_values=self._read(ids, mask, samples, drawing.new_tokens),
            stopping_criteria=StoppingCriteriaList([_Cancel(progress)]),
            logits_processor=LogitsProcessorList([_Likeliest(samples)]),
            **self._options(drawing)
            | {"do_sample": True, "temperature": drawing.temperature, "top_k": drawing.top_k},
        )
        texts = [self._decode(tokens) for tokens in out[:, ids.shape[1] :]]
        for start in range(0, len(texts), samples):
            yield texts[start : start + samples]

    def _read(self, ids: Tensor, mask: Tensor, samples: int, new_tokens: int) -> Any:
        """What the model keeps of all prompts but their last token, `samples` times each.

        With room for `new_tokens` more.
        """
        positions = (mask.cumsum(1) - 1).clamp(min=0)[:, :-1]
        cache = self.model(
            input_ids=ids[:, :-1],
            attention_mask=mask[:, :-1],
            position_ids=positions,
            use_cache=True,
            logits_to_keep=1,
        ).past_key_values
        cache.batch_repeat_interleave(samples)
        return make_room(cache, new_tokens)

    def _options(self, drawing: SamplingConfig) -> dict[str, Any]:
        return {
            "max_new_tokens": drawing.new_tokens,
            "do_sample": False,
            "temperature": None,
            "top_p": None,
            "top_k": None,
            "eos_token_id": self.end,
            "pad_token_id": self.end,
        }

    def _decode(self, tokens: Tensor) -> str:
        return str(self.tokenizer.decode(tokens, skip_special_tokens=True)).strip()

    def save(self, folder: Path) -> None:
        """Write what tuning changed: the LoRA matrices, or the whole model."""
        folder.mkdir(parents=True, exist_ok=True)
        if self.adapter is not None:
            settings, weights = self.adapter
            settings.save_pretrained(str(folder))
            save_file(weights, folder / "adapter_model.safetensors")
            return
        self.model.save_pretrained(folder)
        self.tokenizer.save_pretrained(folder, save_jinja_files=False)


def batch_size(generator: Generator) -> int:
    """How many chats `Generator.write` answers at once."""
    return BATCH.get(generator.model.device.type, BATCH["cpu"])


def load_generator(model_id: str | Path, progress: Progress | None = None) -> Generator:
    """The generator of a catalog id, a hub id or a folder.

    Raises InputError for what is not a causal language model, and what `locate` raises.
    """
    folder = locate(model_id, progress or Silent())
    device = "cuda" if torch.cuda.is_available() else "cpu"
    keep_to_cores()
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    try:
        with MAKING:
            model: Any = AutoModelForCausalLM.from_pretrained(
                folder,
                dtype=torch.float32,
                local_files_only=True,
                trust_remote_code=False,
                use_safetensors=True,
            )
        tokenizer = AutoTokenizer.from_pretrained(
            folder, local_files_only=True, trust_remote_code=False
        )
    except (OSError, ValueError, KeyError, ImportError, RuntimeError) as error:
        raise InputError("models.not_a_generator", model=str(model_id), why=str(error)) from error
    if tokenizer.eos_token_id is None:
        raise InputError("models.not_a_generator", model=str(model_id), why="no end token")
    return Generator(model.to(device).eval(), tokenizer)


def open_generator(
    model_id: str | Path, folder: Path, progress: Progress | None = None
) -> Generator:
    """What `Generator.save` wrote to `folder`; LoRA matrices go onto the model `model_id`."""
    if not (folder / ADAPTER).is_file():
        return load_generator(folder, progress)
    base = load_generator(model_id, progress)
    tuned = PeftModel.from_pretrained(base.model, str(folder))
    settings = tuned.peft_config["default"]
    weights = {name: value.clone() for name, value in _matrices(tuned).items()}
    return Generator(tuned.merge_and_unload().eval(), base.tokenizer, (settings, weights))


def _matrices(tuned: PeftModel) -> dict[str, Tensor]:
    from peft import get_peft_model_state_dict

    found = get_peft_model_state_dict(tuned)
    return {name: value.detach().cpu().contiguous() for name, value in found.items()}


def merge(tuned: PeftModel, tokenizer: Any) -> Generator:
    """A generator with the LoRA matrices of `tuned` added to the weights they stand beside."""
    adapter = (tuned.peft_config["default"], _matrices(tuned))
    return Generator(tuned.merge_and_unload().eval(), tokenizer, adapter)


def pad_left(rows: Sequence[Sequence[int]], filler: int) -> tuple[Tensor, Tensor]:
    """Token ids `(rows, longest)` filled from the left, and the mask of what is no filling."""
    longest = max(map(len, rows))
    ids = torch.full((len(rows), longest), filler)
    mask = torch.zeros((len(rows), longest), dtype=torch.long)
    for place, row in enumerate(rows):
        ids[place, longest - len(row) :] = torch.tensor(row)
        mask[place, longest - len(row) :] = 1
    return ids, mask


class _Likeliest(LogitsProcessor):
    """Leaves the first of every `samples` rows no choice but the likeliest word."""

    def __init__(self, samples: int) -> None:
        self.samples = samples

    def __call__(self, input_ids: Tensor, scores: Tensor) -> Tensor:
        """The scores, in first rows all but the highest at minus infinity."""
        first = scores[:: self.samples]
        best = first.argmax(dim=-1, keepdim=True)
        only = torch.full_like(first, -torch.inf).scatter(1, best, first.gather(1, best))
        scores = scores.clone()
        scores[:: self.samples] = only
        return scores


class _Cancel(StoppingCriteria):
    """Raises `Cancelled` between two words when the user asked for a stop."""

    def __init__(self, progress: Progress) -> None:
        self.progress = progress

    def __call__(self, input_ids: Tensor, scores: Tensor, **_: Any) -> Tensor:
        """Never stops by itself."""
        self.progress.check()
        return torch.zeros(len(input_ids), dtype=torch.bool, device=input_ids.device)


class _Streamer(TextStreamer):
    """Says all that was written so far, each time a word is complete."""

    def __init__(self, tokenizer: Any, on_text: Callable[[str], None]) -> None:
        super().__init__(tokenizer, skip_prompt=True, skip_special_tokens=True)
        self.on_text, self.text = on_text, ""

    def on_finalized_text(self, text: str, stream_end: bool = False) -> None:
        """Add a piece of text and pass the whole on."""
        self.text += text
        self.on_text(self.text.strip())
