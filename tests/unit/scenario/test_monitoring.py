import pytest
from pydantic import ValidationError

from fvcapacity.scenario.monitoring import Monitoring

DAY_NS = 86_400 * 10**9


@pytest.mark.parametrize("text", ["1m", "60s", "30s", "20s", "15s", "7500ms", "5s", "1s"])
def test_an_interval_is_a_minute_or_a_whole_part_of_one(text):
    assert 60 * 10**9 % Monitoring(interval=text).interval == 0


@pytest.mark.parametrize("text", ["2m", "5m", "90s", "45s", "7s", "500ms", "0s"])
def test_others_are_refused_and_the_message_says_which_are_not(text):
    with pytest.raises(ValidationError, match="is not a whole part of a minute of at least a second; write 1m"):
        Monitoring(interval=text)


@pytest.mark.parametrize(
    ("pods", "days", "kept"),
    [(None, 8, True), (None, 8.01, False), (True, 90, True), (False, 1, False)],
)
def test_pods_are_sampled_in_short_windows_unless_told(pods, days, kept):
    assert Monitoring(pods=pods).keeps_pods(int(days * DAY_NS)) is kept
