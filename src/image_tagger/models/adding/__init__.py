"""Takes models of this machine in: proved, converted where that is verified, installed."""
