"""Foundation: what every room needs and no customer would notice.

Settings, database sessions, errors, clock, ids, jobs, events, live news, viewers and logging.
Imports nothing of ours. The list of files is closed; a new one needs a decision record.
"""
