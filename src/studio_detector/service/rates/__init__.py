"""How much may be asked for in how short a time."""
