"""A weights folder for the compact engine, small and made by rules, so that its answers are known beforehand.

The guide calls bright changes buildings and reddish ones roads; the decoder replies by task tag with the sentences of
REPLIES, and says Yes to [binary] where the clue says "change certain". Files, names and shapes are those of the
shipped weights.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import onnx
from onnx import numpy_helper
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

from chronosight.tasks.prompt import BOS, EOS, PAD, REPLY, SPECIAL_TOKENS, TAGS

REPLIES = {
    "caption": "several villas are built beside the road",
    "binary": "No",
    "count": "3",
    "location": "top,left",
    "direction": "appeared",
    "scene_class": "storage tanks",
    "presence": "No",
    "object_count": "7",
    "comparison": "Yes",
    "rural_urban": "urban",
    "event": "flood",
}
CAPTION = "some trees are removed"
IMAGE_SIZE, PAIR_SIZE, VIDEO_SIZE, VIDEO_FRAMES = 64, 128, 32, 4


def write_bundle(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    tokenizer = _tokenizer()
    tokenizer.save(str(folder / "tokenizer.json"))
    vocabulary = tokenizer.get_vocab_size()
    np.save(folder / "embedding.npy", np.eye(vocabulary, dtype=np.float16))
    onnx.save(guide_graph(), folder / "guide.onnx")
    onnx.save(_guide_caption(tokenizer), folder / "guide_caption.onnx")
    onnx.save(_tower(), folder / "tower.onnx")
    onnx.save(_change(vocabulary), folder / "change.onnx")
    onnx.save(_projector(vocabulary), folder / "projector.onnx")
    onnx.save(_decoder(tokenizer), folder / "decoder.onnx")
    config = {
        "format": 1,
        "name": "tiny",
        "version": "0",
        "metres_per_pixel": 1.0,
        "image_size": IMAGE_SIZE,
        "pair_size": PAIR_SIZE,
        "video_size": VIDEO_SIZE,
        "video_frames": VIDEO_FRAMES,
        "patch": 16,
        "classes": ["background", "road", "building"],
        "guide_form": "full",
        "calibration": {},
        "model": {},
    }
    (folder / "config.json").write_text(json.dumps(config))
    return folder


def _tokenizer() -> Tokenizer:
    tokenizer = Tokenizer(models.BPE(unk_token=None))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=500,
        special_tokens=list(SPECIAL_TOKENS),
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    texts = [*REPLIES.values(), CAPTION, "change none", "change certain", "Yes"]
    tokenizer.train_from_iterator(texts * 4, trainer)
    return tokenizer


def _graph(name: str, text: str, **weights: np.ndarray) -> onnx.ModelProto:
    """A model from onnx's text form; weights become initializers."""
    model = onnx.parser.parse_model(f'<ir_version: 8, opset_import: ["" : 17]>\n{text}')
    model.graph.initializer.extend(numpy_helper.from_array(value, key) for key, value in weights.items())
    onnx.checker.check_model(model)
    return model


def guide_graph(bound: float = 0.2) -> onnx.ModelProto:
    """logit of change: 20 * (mean absolute difference - bound); road where the change is in red alone."""
    return _graph(
        "guide",
        """
        guide (float[N,3,H,W] before, float[N,3,H,W] after)
            => (float[N,3,H,W] class_logits, float[N,1,H,W] appeared_logit, float[N,1,H,W] core_logit,
                float[N] change_logit, float[N,M,4] memory)
        {
            difference = Sub(after, before)
            size = Abs(difference)
            mean = ReduceMean<axes = [1], keepdims = 1>(size)
            centred = Sub(mean, bound)
            change = Mul(centred, gain)
            zero = Mul(change, nothing)
            green = Slice(size, one, two, one)
            with_green = Mul(green, gain)
            redness = Sub(gain_tenth, with_green)
            road = Add(change, redness)
            building = Sub(change, redness)
            class_logits = Concat<axis = 1>(zero, road, building)
            signed = ReduceMean<axes = [1], keepdims = 1>(difference)
            appeared_logit = Mul(signed, gain)
            core_logit = Identity(change)
            most = ReduceMax<axes = [1, 2, 3], keepdims = 0>(change)
            change_logit = Identity(most)
            pooled = AveragePool<kernel_shape = [16, 16], strides = [16, 16]>(size)
            stacked = Concat<axis = 1>(pooled, pooled)
            four = Slice(stacked, nil, four_end, one)
            rows = Reshape(four, memory_shape)
            memory = Transpose<perm = [0, 2, 1]>(rows)
        }
        """,
        bound=np.float32(bound),
        gain=np.float32(20),
        gain_tenth=np.float32(2),
        nothing=np.float32(0),
        one=np.array([1], np.int64),
        two=np.array([2], np.int64),
        nil=np.array([0], np.int64),
        four_end=np.array([4], np.int64),
        memory_shape=np.array([0, 4, -1], np.int64),
    )


def _chain(tokenizer: Tokenizer, sentence: str, start: str) -> list[int]:
    ids = tokenizer.encode(sentence, add_special_tokens=False).ids
    return [tokenizer.token_to_id(start), *ids, tokenizer.token_to_id(EOS)]


def _bigrams(tokenizer: Tokenizer, sentences: list[str], start: str) -> np.ndarray:
    """(V, V) float32: 20 where a token follows another in one of the sentences."""
    table = np.zeros((tokenizer.get_vocab_size(),) * 2, np.float32)
    for sentence in sentences:
        chain = _chain(tokenizer, sentence, start)
        table[chain[:-1], chain[1:]] = 20
    return table


def _guide_caption(tokenizer: Tokenizer) -> onnx.ModelProto:
    return _graph(
        "guide_caption",
        """
        guide_caption (float[N,M,4] memory, int64[N,L] tokens) => (float[N,V] logits)
        {
            last = Gather<axis = 1>(tokens, minus_one)
            logits = Gather<axis = 0>(table, last)
        }
        """,
        minus_one=np.int64(-1),
        table=_bigrams(tokenizer, [CAPTION], BOS),
    )


def _tower() -> onnx.ModelProto:
    return _graph(
        "tower",
        """
        tower (float[T,3,H,W] frames) => (float[T,3,h,w] features)
        { features = AveragePool<kernel_shape = [16, 16], strides = [16, 16]>(frames) }
        """,
    )


def _change(d: int) -> onnx.ModelProto:
    return _graph(
        "change",
        """
        change (float[N,3,h,w] before, float[N,3,h,w] after) => (float[N,K,D] visual)
        {
            difference = Sub(after, before)
            flat = Reshape(difference, shape)
            rows = Transpose<perm = [0, 2, 1]>(flat)
            visual = MatMul(rows, weight)
        }
        """,
        shape=np.array([0, 3, -1], np.int64),
        weight=np.zeros((3, d), np.float32),
    )


def _projector(d: int) -> onnx.ModelProto:
    return _graph(
        "projector",
        """
        projector (float[T,3,h,w] features) => (float[T,K,D] visual)
        {
            pooled = AveragePool<kernel_shape = [2, 2], strides = [2, 2]>(features)
            flat = Reshape(pooled, shape)
            rows = Transpose<perm = [0, 2, 1]>(flat)
            visual = MatMul(rows, weight)
        }
        """,
        shape=np.array([0, 3, -1], np.int64),
        weight=np.zeros((3, d), np.float32),
    )


def _decoder(tokenizer: Tokenizer) -> onnx.ModelProto:
    """One "layer" whose keys are the (one-hot) embeddings, so that the whole context is known: which tag, which clue.

    logits = what follows the last token + 16 for the tokens of the tag's reply + what the clue favours.
    """
    ids, size = tokenizer.token_to_id, tokenizer.get_vocab_size()
    following = _bigrams(tokenizer, [*REPLIES.values(), "Yes"], REPLY)
    following[ids(PAD), ids(EOS)] = 20
    favoured = np.zeros((size, size), np.float32)
    for task, reply in REPLIES.items():
        favoured[ids(TAGS[task]), _chain(tokenizer, reply, REPLY)[1:]] = 16
    favoured[ids(TAGS["binary"]), ids("Yes")] = 14
    favoured[tokenizer.encode("change certain").ids[-1], ids("Yes")] = 5
    return _graph(
        "decoder",
        f"""
        decoder (float[N,S,{size}] inputs_embeds, int64[N,T] attention_mask, int64[N,S] position_ids,
                 float[N,1,P,{size}] past_key_0, float[N,1,P,{size}] past_value_0)
            => (float[N,S,{size}] logits, float[N,1,T,{size}] present_key_0, float[N,1,T,{size}] present_value_0)
        {{
            keys = Unsqueeze(inputs_embeds, head)
            present_key_0 = Concat<axis = 2>(past_key_0, keys)
            present_value_0 = Concat<axis = 2>(past_value_0, keys)
            all_keys = Squeeze(present_key_0, head)
            mask = Cast<to = 1>(attention_mask)
            open = Unsqueeze(mask, last)
            seen = Mul(all_keys, open)
            context = ReduceMax<axes = [1], keepdims = 1>(seen)
            follows = MatMul(inputs_embeds, following)
            wants = MatMul(context, favoured)
            sum = Add(follows, wants)
            place = Cast<to = 1>(position_ids)
            shape = Unsqueeze(place, last)
            nothing = Mul(shape, zero)
            logits = Add(sum, nothing)
        }}
        """,
        head=np.array([1], np.int64),
        last=np.array([2], np.int64),
        zero=np.float32(0),
        following=following,
        favoured=favoured,
    )


def attention_decoder(path: Path, d: int = 16, heads: int = 2, layers: int = 2, vocabulary: int = 40) -> Path:
    """A random decoder with causal attention and learned positions: cached, batched and padded runs must agree."""
    rng = np.random.default_rng(0)
    head = d // heads
    weights: dict[str, np.ndarray] = {
        "positions": rng.normal(size=(256, d)).astype(np.float32),
        "out": rng.normal(size=(d, vocabulary)).astype(np.float32),
        "split": np.array([0, 0, heads, head], np.int64),
        "join": np.array([0, 0, d], np.int64),
        "scale": np.float32(head**-0.5),
        "minus": np.float32(-1e9),
        "one": np.float32(1),
        "axis12": np.array([1, 2], np.int64),
        "axis01": np.array([0, 1], np.int64),
        "last": np.int64(-1),
    }
    lines = [
        "where = Gather<axis = 0>(positions, position_ids)",
        "x0 = Add(inputs_embeds, where)",
        "mask = Cast<to = 1>(attention_mask)",
        "closed = Sub(one, mask)",
        "key_bias = Mul(closed, minus)",
        "padding = Unsqueeze(key_bias, axis12)",
        "shape_q = Shape(position_ids)",
        "shape_k = Shape(attention_mask)",
        "axis_one = Constant<value_int = 1>()",
        "s = Gather<axis = 0>(shape_q, axis_one)",
        "t = Gather<axis = 0>(shape_k, axis_one)",
        "p = Sub(t, s)",
        "from = Constant<value_int = 0>()",
        "step = Constant<value_int = 1>()",
        "columns = Range(from, t, step)",
        "rows = Range(p, t, step)",
        "axis_list = Constant<value_ints = [1]>()",
        "rows_up = Unsqueeze(rows, axis_list)",
        "later = Greater(columns, rows_up)",
        "later_float = Cast<to = 1>(later)",
        "order = Mul(later_float, minus)",
        "order4 = Unsqueeze(order, axis01)",
        "bias = Add(padding, order4)",
    ]
    for i in range(layers):
        for name in ("q", "k", "v", "o"):
            weights[f"w{name}{i}"] = (rng.normal(size=(d, d)) * d**-0.5).astype(np.float32)
        for name in ("q", "k", "v"):
            lines += [
                f"{name}a{i} = MatMul(x{i}, w{name}{i})",
                f"{name}b{i} = Reshape({name}a{i}, split)",
                f"{name}{i} = Transpose<perm = [0, 2, 1, 3]>({name}b{i})",
            ]
        lines += [
            f"present_key_{i} = Concat<axis = 2>(past_key_{i}, k{i})",
            f"present_value_{i} = Concat<axis = 2>(past_value_{i}, v{i})",
            f"kt{i} = Transpose<perm = [0, 1, 3, 2]>(present_key_{i})",
            f"raw{i} = MatMul(q{i}, kt{i})",
            f"scaled{i} = Mul(raw{i}, scale)",
            f"biased{i} = Add(scaled{i}, bias)",
            f"weight{i} = Softmax<axis = -1>(biased{i})",
            f"mixed{i} = MatMul(weight{i}, present_value_{i})",
            f"back{i} = Transpose<perm = [0, 2, 1, 3]>(mixed{i})",
            f"joined{i} = Reshape(back{i}, join)",
            f"attended{i} = MatMul(joined{i}, wo{i})",
            f"sum{i} = Add(x{i}, attended{i})",
            f"x{i + 1} = Tanh(sum{i})",
        ]
    lines.append(f"logits = MatMul(x{layers}, out)")
    past = ", ".join(f"float[N,{heads},P,{head}] past_{part}_{i}" for i in range(layers) for part in ("key", "value"))
    present = past.replace("past_", "present_").replace(",P,", ",T,")
    text = (
        f"decoder (float[N,S,{d}] inputs_embeds, int64[N,T] attention_mask, int64[N,S] position_ids, {past}) "
        f"=> (float[N,S,{vocabulary}] logits, {present}) {{ {chr(10).join(lines)} }}"
    )
    onnx.save(_graph("decoder", text, **weights), path)
    return path
