"""A real encoder small enough that tests need no download and no time."""

from collections.abc import Iterable
from pathlib import Path

import torch
from sentence_transformers import SentenceTransformer
from sentence_transformers.base.modules import Normalize, Transformer
from sentence_transformers.sentence_transformer.modules import Pooling
from tokenizers import Tokenizer, normalizers, pre_tokenizers, processors
from tokenizers.models import WordPiece
from transformers import BertConfig, BertModel, PreTrainedTokenizerFast

SPECIAL = {
    "pad_token": "[PAD]",
    "unk_token": "[UNK]",
    "cls_token": "[CLS]",
    "sep_token": "[SEP]",
    "mask_token": "[MASK]",
}


def tiny_encoder_folder(folder: Path, texts: Iterable[str] = ()) -> Path:
    """A random BERT (2 layers, hidden size 32) in the sentence-transformers form, below `folder`.

    Its vocabulary holds the words and characters of `texts` beside ASCII letters and digits, so
    texts that share words are closer than others. Equal texts give equal weights.
    """
    tokenizer = _tokenizer(texts)
    with torch.random.fork_rng():
        torch.manual_seed(7)
        config = BertConfig(
            vocab_size=len(tokenizer),
            hidden_size=32,
            num_hidden_layers=2,
            num_attention_heads=2,
            intermediate_size=64,
            max_position_embeddings=128,
        )
        bert = BertModel(config, add_pooling_layer=False)
        torch.nn.init.normal_(bert.embeddings.word_embeddings.weight, std=0.5)
    plain = folder / "tiny-bert"
    bert.save_pretrained(plain)
    tokenizer.save_pretrained(plain)
    model = SentenceTransformer(
        modules=[Transformer(str(plain)), Pooling(32, "mean"), Normalize()], device="cpu"
    )
    target = folder / "tiny-encoder"
    model.save(str(target), create_model_card=False)
    return target


def _tokenizer(texts: Iterable[str]) -> PreTrainedTokenizerFast:
    normalizer = normalizers.BertNormalizer(lowercase=True)
    splitter = pre_tokenizers.BertPreTokenizer()
    words = {chr(code) for code in range(33, 127)}
    for text in texts:
        words |= {word for word, _ in splitter.pre_tokenize_str(normalizer.normalize_str(text))}
    characters = sorted({character for word in words for character in word})
    pieces = [*SPECIAL.values(), *sorted(words | set(characters))]
    vocabulary = list(dict.fromkeys(pieces + [f"##{character}" for character in characters]))
    ids = {piece: index for index, piece in enumerate(vocabulary)}
    tokenizer = Tokenizer(WordPiece(ids, unk_token="[UNK]"))  # type: ignore[call-arg]
    tokenizer.normalizer = normalizer
    tokenizer.pre_tokenizer = splitter
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]",
        pair="[CLS] $A [SEP] $B [SEP]",
        special_tokens=[("[CLS]", ids["[CLS]"]), ("[SEP]", ids["[SEP]"])],
    )
    return PreTrainedTokenizerFast(tokenizer_object=tokenizer, model_max_length=128, **SPECIAL)
