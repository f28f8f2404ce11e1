"""One metric a file, each a pure function of one person's truth and answer."""
