"""Who asks, and what they may do: keys, tokens, signed requests and roles."""
