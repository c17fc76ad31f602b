"""Writing product copy, beside bare `generate` on one prompt after the other."""

import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

from engine.benchmarks.comparison import Comparison, Size
from engine.benchmarks.cost import alternate, figures, run
from engine.benchmarks.peers import named
from engine.benchmarks.shop import sample_products
from engine.models.generator import SamplingConfig, load_generator
from engine.models.pretrained import default_generator, locate
from engine.progress import Silent

CHATS = {"smallest": 2, "usual": 8, "full": 32}
WORDS = {"smallest": 4, "usual": 32, "full": 64}
ROUNDS = {"smallest": 1, "usual": 3, "full": 3}
# A batch adds up in another order, and now and then two words are nearly as likely.
AGREEING = 0.75


@torch.inference_mode()
def compare(size: Size) -> list[Comparison]:
    """Write the likeliest text for the same chats on both sides, equally long at most."""
    name = default_generator("en")
    titles = sample_products()["title"].head(CHATS[size])
    chats = [[{"role": "user", "content": f"Describe this product: {one}"}] for one in titles]
    generator = load_generator(name)
    folder = locate(name, Silent())
    bare = AutoModelForCausalLM.from_pretrained(
        folder,
        dtype=torch.float32,
        local_files_only=True,
        trust_remote_code=False,
        use_safetensors=True,
    ).eval()
    tokenizer = AutoTokenizer.from_pretrained(
        folder, local_files_only=True, trust_remote_code=False
    )
    texts: dict[str, list[str]] = {}

    def ours() -> None:
        found = generator.write(chats, SamplingConfig(new_tokens=WORDS[size]))
        texts["ours"] = [one[0] for one in found]

    def peer() -> None:
        texts["peer"] = []
        for chat in chats:
            ids = torch.tensor([generator.prompt(chat)])
            written = bare.generate(
                input_ids=ids,
                attention_mask=torch.ones_like(ids),
                max_new_tokens=WORDS[size],
                do_sample=False,
                pad_token_id=tokenizer.eos_token_id,
            )[0, ids.shape[1] :]
            text = str(tokenizer.decode(written, skip_special_tokens=True))
            texts["peer"].append(text.strip())

    costs = alternate({"ours": lambda: run(ours), "peer": lambda: run(peer)}, ROUNDS[size])
    same = sum(a == b for a, b in zip(texts["ours"], texts["peer"], strict=True))
    return [
        Comparison(
            f"{len(chats)} texts of at most {WORDS[size]} tokens",
            f"{named('transformers')}, generate",
            figures(costs["ours"], costs["peer"]),
            f"{same} of {len(chats)} texts equal to the letter",
            same >= AGREEING * len(chats),
        )
    ]
