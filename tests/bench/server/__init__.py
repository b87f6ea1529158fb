"""What the server costs and what it bears, one module a question; `make bench-server` asks them all."""
