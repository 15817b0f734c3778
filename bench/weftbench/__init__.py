"""The parts of Weft's side-by-side benchmarks; bench/run, bench/push and bench/idle-memory are the commands."""
