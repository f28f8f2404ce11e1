"""Judges of oracle reasons: factuality, coherence, utility (paper section 4)."""
