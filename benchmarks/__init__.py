"""What the product does, in numbers: each module here is one command, `python -m benchmarks.identity` and so on."""
