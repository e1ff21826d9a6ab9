from tools.deadcode import without_fields


def test_fields_are_dropped_and_the_rest_is_kept() -> None:
    answer = (
        "a.py:1: unused variable 'model_config' (60% confidence)\n"
        "a.py:2: unused attribute 'port' (60% confidence)\n"
        "a.py:3: unused function 'forgotten' (60% confidence)\n"
        "a.py:4: unreachable code after 'raise' (100% confidence)\n"
    )
    assert [line.split(":")[1] for line in without_fields(answer)] == ["3", "4"]
