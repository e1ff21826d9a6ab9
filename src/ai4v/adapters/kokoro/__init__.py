"""Kokoro-82M: a neural voice for Hindi and English, run by onnxruntime in a worker process."""
