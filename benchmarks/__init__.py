"""Speed, as ratios: this codec's engines against other libraries that carry the same event.

Run it: ``python -m benchmarks`` (``make bench`` installs the peers first).
"""
