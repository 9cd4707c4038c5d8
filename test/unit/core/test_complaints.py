"""Each refusal has its own key."""

from lupex_rover.core.complaints import Complaints

S = 10**9


def test_each_key_is_told_by_itself_counted_and_told_again_later():
    told = Complaints(10.0)
    assert told.add("a", 0) and told.add("b", S)
    assert not told.add("a", 9 * S) and told.so_far("a") == " (2 so far)"
    assert told.so_far("b") == "" and told.add("a", 10 * S)
    assert told.add("b", -100 * S), "the clock was set back"
