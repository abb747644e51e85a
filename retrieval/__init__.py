"""Retrieval: from a question, or from what a customer is doing, to the passages and articles that matter.

Owns text analysis, both index legs, fusion, the search service, the context engine and the evaluation.
Imports kb, models and foundation. Other rooms call retrieval.service, retrieval.context and
retrieval.index_store; indexes are caches of the database and can be dropped at any time.
"""
