from tests.support.tree import make_tree

__all__ = ["make_tree"]
