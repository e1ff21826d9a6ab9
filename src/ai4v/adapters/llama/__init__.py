"""Translation by a small language model, run by llama.cpp: see translator.py."""
