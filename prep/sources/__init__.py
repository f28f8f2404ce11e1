"""Where careers come from: one small file a format."""
