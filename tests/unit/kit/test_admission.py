import pytest

from ai4v.kit.admission import Admission, QueueFullError


def test_place_is_free_again_after_use() -> None:
    admission = Admission(1)
    with admission.enter():
        with pytest.raises(QueueFullError) as caught, admission.enter():
            pass
        assert caught.value.retry_after_s is not None
    with admission.enter():
        assert admission.inside == 1
    assert admission.inside == 0


def test_place_is_free_again_after_a_failure() -> None:
    admission = Admission(1)
    with pytest.raises(KeyError), admission.enter():
        raise KeyError
    assert admission.inside == 0
