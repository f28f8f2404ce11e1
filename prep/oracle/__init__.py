"""Oracle reasons: a strong LLM explains and names the next occupation (paper section 4, equation 2)."""
