"""Ingestion: files and addresses in, articles with chunks out, nothing ever half visible.

`parsers/` reads one format each into blocks; `faq` finds question-and-answer pages; `chunking` cuts blocks into
passages; `articles` puts them together; `sandbox` does all of that in a child process with a time and memory limit;
`pipeline` compares, embeds and publishes one file; `jobs` runs a whole request and survives a crash.
Other rooms call ingest.service; ingest.tables and ingest.repository are private.
"""
