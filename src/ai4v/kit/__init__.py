"""Tools without a domain of their own, which every service shares."""
