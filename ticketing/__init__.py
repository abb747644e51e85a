"""Service desk: whom we serve, what they asked, what we promised, and who takes care of it.

Owns the directory (companies, people, agents, teams), tickets with history and clocks, queues, SLA
policies, forms, surveys and notifications. Other rooms call ticketing.service and ticketing.directory;
ticketing.tables and ticketing.repository are private.
"""
