"""Why a photo got its verdict, as data: the sum of the evidence, and what would change it."""
