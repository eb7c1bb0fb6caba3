"""The small masked language models, batches and training steps that models.py and truth.py share."""

import torch
from transformers import (
    AlbertConfig, AlbertForMaskedLM, BertConfig, BertForMaskedLM, CamembertConfig,
    CamembertForMaskedLM, DebertaV2Config, DebertaV2ForMaskedLM, DistilBertConfig,
    DistilBertForMaskedLM, ElectraConfig, ElectraForMaskedLM, ModernBertConfig,
    ModernBertForMaskedLM, MPNetConfig, MPNetForMaskedLM, RobertaConfig, RobertaForMaskedLM,
    XLMRobertaConfig, XLMRobertaForMaskedLM, get_linear_schedule_with_warmup,
)
from transformers.models.modernbert import modeling_modernbert

# RoBERTa and the same model under other names.
ROBERTA = {
    "roberta": (RobertaForMaskedLM, RobertaConfig),
    "xlm-roberta": (XLMRobertaForMaskedLM, XLMRobertaConfig),
    "camembert": (CamembertForMaskedLM, CamembertConfig),
}
ARCHITECTURES = (
    "bert", "roberta", "distilbert", "xlm-roberta", "camembert", "electra", "albert", "mpnet",
)
# The first ones have fixtures of a shape of their own; those after them share a smaller one.
LARGER = ARCHITECTURES[:3]
# Those with settings of their own.
OTHER_ARCHITECTURES = ("modernbert", "deberta-v2")
# The same with other settings: biases wherever there can be some; the parts of DeBERTa-v2 that v3
# does without.
VARIANTS = {
    "modernbert-biased": ("modernbert", dict(
        attention_bias=True, mlp_bias=True, norm_bias=True, classifier_bias=True,
        decoder_bias=False, layer_types=["sliding_attention", "full_attention"])),
    "deberta-v2-older": ("deberta-v2", dict(
        position_biased_input=True, type_vocab_size=2, position_buckets=-1,
        max_relative_positions=5, norm_rel_ebd="none", share_att_key=False, legacy=True,
        conv_kernel_size=3, conv_act="gelu")),
    "deberta-v2-plain": ("deberta-v2", dict(
        relative_attention=False, pos_att_type=None, position_biased_input=True, legacy=True,
        norm_rel_ebd="none")),
}


class Special:
    """Token ids with a meaning, by the habits of each architecture."""

    def __init__(self, architecture, vocabulary_size):
        roberta = architecture in ROBERTA or architecture == "mpnet"
        self.padding = 1 if roberta else 0
        self.classification = 0 if roberta else 2
        self.separator = 2 if roberta else 3
        self.first_ordinary = 5
        self.mask = vocabulary_size - 1


def configuration(architecture, *, vocabulary, hidden, heads, intermediate, layers, positions,
                  embedding=None, initializer_range=0.02, **others):
    """The model class and a configuration without dropout; `embedding` is ELECTRA's and ALBERT's."""
    special = Special(architecture, vocabulary)
    if architecture == "distilbert":
        return DistilBertForMaskedLM, DistilBertConfig(
            vocab_size=vocabulary, dim=hidden, n_heads=heads, hidden_dim=intermediate,
            n_layers=layers, max_position_embeddings=positions, dropout=0.0,
            attention_dropout=0.0, pad_token_id=special.padding,
            initializer_range=initializer_range)
    common = dict(
        vocab_size=vocabulary, hidden_size=hidden, num_attention_heads=heads,
        intermediate_size=intermediate, num_hidden_layers=layers, hidden_dropout_prob=0.0,
        attention_probs_dropout_prob=0.0, pad_token_id=special.padding, hidden_act="gelu",
        initializer_range=initializer_range)
    ends = dict(bos_token_id=special.classification, eos_token_id=special.separator)
    if architecture == "modernbert":
        del common["hidden_act"], common["hidden_dropout_prob"]
        del common["attention_probs_dropout_prob"]
        return ModernBertForMaskedLM, ModernBertConfig(**common, **{**dict(
            max_position_embeddings=positions, local_attention=8,
            global_attn_every_n_layers=2, bos_token_id=None, eos_token_id=None,
            cls_token_id=special.classification, sep_token_id=special.separator), **others})
    if architecture == "deberta-v2":
        return DebertaV2ForMaskedLM, DebertaV2Config(**common, **{**dict(
            max_position_embeddings=positions, type_vocab_size=0, relative_attention=True,
            position_buckets=8, norm_rel_ebd="layer_norm", share_att_key=True,
            pos_att_type=["p2c", "c2p"], position_biased_input=False, legacy=False), **others})
    if architecture in ROBERTA:
        model_class, config_class = ROBERTA[architecture]
        if architecture == "camembert":
            common["hidden_act"] = "gelu_new"  # The head keeps the exact form.
        # Positions start after the padding id, so the table has two rows that no token reads.
        return model_class, config_class(
            max_position_embeddings=positions + 2, type_vocab_size=1, layer_norm_eps=1e-5,
            **ends, **common)
    if architecture == "mpnet":
        return MPNetForMaskedLM, MPNetConfig(
            max_position_embeddings=positions + 2, layer_norm_eps=1e-5, **ends, **common)
    if architecture == "electra":
        return ElectraForMaskedLM, ElectraConfig(
            max_position_embeddings=positions, embedding_size=embedding, **common)
    if architecture == "albert":
        # Three passes through groups of two layers: twice the first group, once the second.
        common.update(hidden_act="gelu_new", num_hidden_layers=layers + 1)
        return AlbertForMaskedLM, AlbertConfig(
            max_position_embeddings=positions, embedding_size=embedding, num_hidden_groups=2,
            inner_group_num=2, **ends, **common)
    return BertForMaskedLM, BertConfig(
        max_position_embeddings=positions, type_vocab_size=2, layer_norm_eps=1e-12, **common)


def build(architecture, shape, seed, wide=None):
    """A model in training mode with dropout 0; `wide` redraws every weight with that deviation."""
    model_class, config = configuration(architecture, **shape)
    torch.manual_seed(seed)
    modeling_modernbert.eager_attention_forward = exact_attention
    model = model_class._from_config(config, attn_implementation="eager")
    if wide is not None:
        generator = torch.Generator().manual_seed(seed + 1)
        with torch.no_grad():
            for name, parameter in model.named_parameters():
                noise = torch.randn(parameter.shape, generator=generator)
                if parameter.ndim > 1:
                    parameter.copy_(wide * noise)
                elif is_norm(name) and name.endswith("weight"):
                    parameter.copy_(1 + 0.1 * noise)
                else:
                    parameter.copy_(0.05 * noise)
    return model.train()


def exact_attention(module, query, key, value, attention_mask, scaling, **_):
    """ModernBERT's eager attention, but with softmax in the operands' precision, not in float32."""
    scores = query @ key.transpose(2, 3) * scaling
    if attention_mask is not None:
        scores = scores + attention_mask
    weights = scores.softmax(-1)
    return (weights @ value).transpose(1, 2).contiguous(), weights


def is_norm(name):
    return "norm" in name.lower()


def draw_batch(generator, architecture, vocabulary, rows, columns, *, padded, bare_row=False,
               skewed=False):
    """One masked batch.

    `padded` makes rows of different length, `bare_row` leaves the last row without a target,
    `skewed` makes small ids common.
    """
    special = Special(architecture, vocabulary)
    ids = torch.randint(special.first_ordinary, special.mask, (rows, columns), generator=generator)
    if skewed:
        chance = torch.rand(rows, columns, generator=generator) ** 3
        ids = special.first_ordinary + (chance * (special.mask - special.first_ordinary)).long()
    ids[:, 0], ids[:, -1] = special.classification, special.separator
    attention = torch.ones_like(ids)
    maskable = torch.ones_like(ids, dtype=torch.bool)
    maskable[:, 0] = maskable[:, -1] = False
    if padded:
        for row in range(rows):
            length = max(3, columns - 2 * row)
            ids[row, length - 1] = special.separator
            ids[row, length:], attention[row, length:] = special.padding, 0
            maskable[row, length - 1:] = False
    chosen = (torch.rand(rows, columns, generator=generator) < 0.25) & maskable
    chosen[:, 1] = True
    if bare_row:
        chosen[rows - 1] = False
    labels = torch.where(chosen, ids, torch.full_like(ids, -100))
    fate = torch.rand(rows, columns, generator=generator)
    # Random replacements are ordinary tokens: RoBERTa derives positions from the padding id.
    other = torch.randint(special.first_ordinary, special.mask, ids.shape, generator=generator)
    ids = torch.where(chosen & (fate < 0.8), torch.full_like(ids, special.mask), ids)
    ids = torch.where(chosen & (fate >= 0.9), other, ids)
    return dict(input_ids=ids, attention_mask=attention, labels=labels)


def as_lists(batch):
    return {key: value.tolist() for key, value in batch.items()}


# XLM-R and CamemBERT have their head before the encoder, so tied parameters bear the head's name.
SAVED_NAMES = {
    "lm_head.decoder.weight": "roberta.embeddings.word_embeddings.weight",
    "lm_head.decoder.bias": "lm_head.bias",
}


def saved_name(name):
    """The name that a parameter has in a file."""
    return SAVED_NAMES.get(name, name)


def parameters(model):
    """Name to a copy of every distinct parameter (tied ones once)."""
    return {
        saved_name(name): parameter.detach().clone()
        for name, parameter in model.named_parameters()
    }


def gradients(model):
    return {
        saved_name(name): torch.zeros_like(parameter) if parameter.grad is None else parameter.grad.clone()
        for name, parameter in model.named_parameters()
    }


def plain_adamw(model, learning_rate, weight_decay):
    """AdamW with decay on every parameter and no schedule, as a hand-written loop has it."""
    return torch.optim.AdamW(
        model.parameters(), lr=learning_rate, weight_decay=weight_decay), None


def trainer_adamw(model, learning_rate, weight_decay, warmup, total):
    """AdamW and schedule the way Transformers' Trainer builds them."""
    plain, decayed = [], []
    for name, parameter in model.named_parameters():
        (plain if name.endswith("bias") or is_norm(name) else decayed).append(parameter)
    optimizer = torch.optim.AdamW([
        dict(params=decayed, weight_decay=weight_decay), dict(params=plain, weight_decay=0.0),
    ], lr=learning_rate)
    return optimizer, get_linear_schedule_with_warmup(optimizer, warmup, total)


def train(model, batches, steps, optimizer, schedule=None, clip=None, keep=()):
    """Runs `steps` steps over `batches` in turn; returns a log and the parameters to keep."""
    log, kept = dict(losses=[], gradient_norms=[], learning_rates=[]), {}
    for step in range(steps):
        optimizer.zero_grad()
        loss = model(**batches[step % len(batches)]).loss
        loss.backward()
        norm = torch.nn.utils.clip_grad_norm_(
            model.parameters(), float("inf") if clip is None else clip)
        log["losses"].append(loss.item())
        log["gradient_norms"].append(norm.item())
        log["learning_rates"].append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        if schedule is not None:
            schedule.step()
        if step + 1 in keep:
            kept[step + 1] = parameters(model)
    return log, kept
