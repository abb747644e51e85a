"""How the built-in zh-en encoder is made: `python -m models.training --data DIR --out models/builtin`.

`data` reads the pairs, `vocab` learns the sub-words, `distill` asks the teacher once, `train` fits the vectors,
`export` writes them as int8, `evaluate` scores them on benchmark folders. Needs torch; nothing else does.
"""
