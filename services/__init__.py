"""The services of Giao Ban, one package each; none imports another."""
