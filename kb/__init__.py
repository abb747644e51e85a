"""Knowledge base: what we know, in which version, and who may read it.

Owns collections, sources, articles, versions, chunks, the glossary and the gaps, and the change log that
indexes follow. Imports foundation only. Other rooms call kb.service; kb.tables and kb.repository are private.
"""
