"""espeak-ng: rules that speak 15 languages of India and English. GPL: in its own processes."""
