"""How far to trust each way of finding a speaker.

A way is the form that gave the words to a noun phrase (`verb`, `inverted`, `colon`, …), for a quotation also whether
that stands before or after it, and whether the noun phrase was a pronoun. `spinmark_training.voice_evaluation --ways`
counts how often each is right.
"""

DOUBTED = frozenset(
    {
        "colon", "headline", "first", "first before, pronoun", "hypothetical", "hypothetical before", "owner", "according",
        "according, pronoun", "view, pronoun", "view before, pronoun", "verb, pronoun", "trailing, pronoun", "shared, pronoun",
    }
)  # fmt: skip
"""Right in less than .7 of the cases on the corpus's train part: believed only where the model's head bears them out."""
