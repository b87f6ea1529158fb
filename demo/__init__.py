"""Plays the whole line on one machine; meets edge and server only as processes and over HTTP."""
