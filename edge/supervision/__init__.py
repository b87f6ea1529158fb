"""The parent of the worker: when it is started, ended and given a rest, and how systemd sees it."""
