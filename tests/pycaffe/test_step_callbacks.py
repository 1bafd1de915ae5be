from __future__ import annotations

from layerzoo.pycaffe.step_callbacks import StepCallbacks


def test_step_callbacks_are_called_before_the_passes_and_when_gradients_are_ready() -> None:
    calls: list[str] = []
    callbacks = StepCallbacks()
    for name in "ab":
        callbacks.on_start.append(lambda name=name: calls.append(f"start {name}"))
        callbacks.on_gradients_ready.append(lambda name=name: calls.append(f"ready {name}"))
    callbacks.begin(0)
    callbacks.gradients_ready(0)
    callbacks.before_update(0)
    callbacks.ended(0)
    assert calls == ["start a", "start b", "ready a", "ready b"]
