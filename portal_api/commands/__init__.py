"""Commands of `jieda`, one file per command or group."""
