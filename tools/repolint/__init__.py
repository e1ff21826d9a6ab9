"""The project's own lint: the rules of the house that no published tool holds.

Each module holds the rules on one subject as functions from a `Tree` to findings. There is no
list of exemptions: where a rule names a place, the place is part of the rule.
"""
