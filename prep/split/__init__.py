"""From careers to examples, and the test people held out (paper section 3)."""
