"""Adapters that read text in pictures, one file per runtime."""
