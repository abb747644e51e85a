"""One file per format: bytes in, blocks out. A parser imports its library when it is first needed."""
