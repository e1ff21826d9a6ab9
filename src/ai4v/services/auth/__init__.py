"""Users, sign-in and API keys: the one place that knows whose credential it is."""
