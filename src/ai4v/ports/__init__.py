"""Narrow protocols behind which every outside technology sits."""
