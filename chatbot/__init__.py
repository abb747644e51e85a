"""Conversations: what customers ask, what the bot answers with proof, and when a person takes over.

Owns conversations and turns, the answer pipeline (understand → retrieve → decide → compose → verify → cite),
handoff, and the news that keeps open pages current. Imports ticketing, retrieval, models, kb and foundation.
Other rooms call chatbot.service; chatbot.tables and chatbot.repository are private.
"""
