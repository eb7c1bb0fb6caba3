"""What a step of a shape costs, in floating-point operations and bytes."""

ROWS, LENGTH, MASKED = 8, 128, 0.15
MASKED_ROWS = round(MASKED * ROWS * (LENGTH - 2))
# AdamW reads a parameter, its gradient and both moments and writes all but the gradient.
ADAMW_BYTES = 28


def products(sizes, *, whole_head, whole_last_layer):
    """Floating-point operations of one rank's matrix products in a step, forward and backward.

    Backward multiplies twice as much as forward: once for the inputs, once for the weights.
    """
    hidden, inner, layers = sizes["hidden"], sizes["intermediate"], sizes["layers"]
    tokens = ROWS * LENGTH
    everywhere = 4 * hidden * hidden + 2 * hidden * inner
    weights = layers * tokens * everywhere
    # Scores and mixtures: every token with every token of its row.
    attention = layers * tokens * 2 * LENGTH * hidden
    if not whole_last_layer:
        # Queries, output and feed-forward of the last layer are needed at masked rows only.
        spared = tokens - MASKED_ROWS
        weights -= spared * (everywhere - 2 * hidden * hidden)
        attention -= spared * 2 * LENGTH * hidden
    head = tokens if whole_head else MASKED_ROWS
    return 6 * (weights + attention + head * (hidden * hidden + hidden * sizes["vocabulary"]))


def needed(sizes):
    """The operations that the loss needs."""
    return products(sizes, whole_head=False, whole_last_layer=False)


def floor_seconds(sizes, parameter_count, ranks, gflops, gbytes):
    """The least time of a step: its products at the rate of large ones, and AdamW's bytes at the
    memory's. Ranks of one machine share the parameters, so AdamW's bytes do not grow with them."""
    return ranks * needed(sizes) / (gflops * 1e9) + ADAMW_BYTES * parameter_count / (gbytes * 1e9)
