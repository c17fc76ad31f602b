"""The lines of Python that load an exported model without Shoplab: what the card shows.

They are run in the model's folder. `vectors`, `answers` or `text` is what the model answers.
"""

import json
from collections.abc import Sequence

from engine.tasks.describe.brief import Brief, copy_language
from engine.tasks.describe.prompts import chat

_ENCODER = """\
from sentence_transformers import SentenceTransformer

model = SentenceTransformer(".", local_files_only=True)
{first} = model.encode({asked}{query}, normalize_embeddings=True)
{second} = model.encode({products}{passage}, normalize_embeddings=True)
print({first} @ {second}.T)  # cosines: the higher, the better a product {fits}
"""
_CLASSIFIER = """\
import json, torch
from safetensors.torch import load_file
from transformers import AutoModel, AutoTokenizer

texts = {texts}
about, w = json.load(open("labels.json", encoding="utf-8")), load_file("head.safetensors")
tokenizer = AutoTokenizer.from_pretrained(".")
encoder = AutoModel.from_pretrained(".", dtype=torch.float32, trust_remote_code=False).eval()
rows = tokenizer([about["prefix"] + text for text in texts], truncation=True, padding=True,
                 max_length=about["max_tokens"], return_tensors="pt")
states = encoder(**rows).last_hidden_state.detach()
hidden = torch.tanh(states @ w["pooling.hidden.weight"].T + w["pooling.hidden.bias"])
scores = (hidden @ w["pooling.score.weight"].T).squeeze(-1)
shares = scores.masked_fill(rows.attention_mask == 0, -torch.inf).softmax(dim=1)
pooled = ((shares[..., None] * states).sum(dim=1) - w["middle"]) / w["spread"]
answers = {{}}
for n, (name, head) in enumerate(about["heads"].items()):
    logits = pooled @ w[f"linear.{{n}}.weight"].T + w[f"linear.{{n}}.bias"]
    answers[name] = (logits / head["temperature"]).softmax(dim=1)
    print(name, [head["labels"][best] for best in answers[name].argmax(dim=1)])
"""
_GENERATOR = """\
import torch
{imports}

tokenizer = AutoTokenizer.from_pretrained("."{file})
model = {model}
chat = {chat}
text = {prompt}
ids = tokenizer(text, add_special_tokens=False, return_tensors="pt").input_ids
out = model.eval().generate(input_ids=ids, attention_mask=torch.ones_like(ids), max_new_tokens=64,
                            do_sample=False, pad_token_id=tokenizer.eos_token_id)
print(tokenizer.decode(out[0, ids.shape[1]:], skip_special_tokens=True))
"""
_PLAIN_MODEL = 'AutoModelForCausalLM.from_pretrained("{base}"{file}, dtype=torch.float32)'


def encoder_lines(
    asked: Sequence[str], products: Sequence[str], prompts: tuple[str, str], *, basket: bool
) -> str:
    """Lines that encode what is `asked` and some products, with the prompts of both sides."""
    query, passage = (f", prompt={_literal(prompt)}" if prompt else "" for prompt in prompts)
    return _ENCODER.format(
        first="basket" if basket else "queries",
        second="products",
        asked=_literal(asked),
        products=_literal(products),
        query=query,
        passage=passage,
        fits="goes with it" if basket else "answers the query",
    )


def classifier_lines(texts: Sequence[str]) -> str:
    """Lines that classify `texts`."""
    return _CLASSIFIER.format(texts=_literal(texts))


def generator_lines(
    language: str, title: str, *, base: str = "", template: bool, file: str = ""
) -> str:
    """Lines that write about a product called `title`, in the form of the training's prompts.

    `base` is what the adapter in the folder stands on; empty for a whole model. `template` says
    whether the tokenizer knows the form of a chat. `file` is the GGUF file that holds everything.
    """
    brief = Brief(language=copy_language(language))
    words = brief.words
    fact = f"{words['product']}{words['colon']}{title}"
    request = "\n".join([words["channels"][brief.channel]["ask"], words["given"], fact])
    packed = f", gguf_file={_literal(file)}" if file else ""
    plain = _PLAIN_MODEL.format(base=base or ".", file=packed)
    names = "from transformers import AutoModelForCausalLM, AutoTokenizer"
    whole = "tokenizer.apply_chat_template(chat, tokenize=False, add_generation_prompt=True)"
    joined = '"\\n\\n".join(part["content"] for part in chat) + "\\n\\n"'
    return _GENERATOR.format(
        file=packed,
        imports=f"from peft import PeftModel\n{names}" if base else names,
        model=f'PeftModel.from_pretrained({plain}, ".")' if base else plain,
        chat=_literal(chat(words["system"], request)),
        prompt=whole if template else joined,
    )


def _literal(value: object) -> str:
    """A value as Python writes it, with nothing in it that could end the card's block of code."""
    return json.dumps(value, ensure_ascii=False).replace("`", "\\u0060")
