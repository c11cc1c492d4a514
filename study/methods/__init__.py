"""Search methods: a file, and a row in `registry` each."""
