"""The provider's statement beside our books: every movement finds its fact, or stays open."""
