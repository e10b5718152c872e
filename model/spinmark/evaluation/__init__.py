"""Annotated texts and a model -> how far its flags agree with the annotators.

`gold` reads the annotated texts, `judge` lets the model read them, `measures` holds the definitions, `counts` the
sums over documents, `estimates` the figures that follow from them, each with its interval, `summary` brings them
together, `table`, `page` and `charts` show them. docs/evaluation.md says what each figure means.
"""
