"""watch() logs what layers are like, under the right step, and costs nothing between its looks."""

from __future__ import annotations

import pytest

torch = pytest.importorskip("torch", reason="needs PyTorch: pip install 'musiclog[torch]'")

from musiclog import MusiclogError, Run
from musiclog.anomaly.roles import role_of
from musiclog.integrations.torch import watch
from musiclog.sinks import Sink


def train(model, run, steps, first=1):
    optimizer = torch.optim.SGD(model.parameters(), 0.1)
    slopes = {}
    for step in range(first, first + steps):
        optimizer.zero_grad()
        model(torch.ones(2, 3) * step).square().sum().backward()
        slopes[step] = {name: weight.grad.clone() for name, weight in model.named_parameters()}
        optimizer.step()
        run.log(step, total_loss=1.0)
    return slopes


@pytest.fixture
def model():
    torch.manual_seed(1)
    return torch.nn.Sequential(torch.nn.Linear(3, 4), torch.nn.ReLU(), torch.nn.Linear(4, 1))


def test_norms_and_spread_of_every_layer_stand_under_their_step(tmp_path, model, curve):
    with Run(tmp_path) as run, watch(model, run, every=3):
        slopes = train(model, run, 8)

    norms = curve(tmp_path, "gradients/0/norm")
    assert list(norms) == [1, 4, 7]
    for step, norm in norms.items():
        both = torch.cat([slopes[step]["0.weight"].flatten(), slopes[step]["0.bias"]])
        assert norm == pytest.approx(float(both.norm()))
        assert curve(tmp_path, "gradients/0/p50")[step] == pytest.approx(float(both.quantile(0.5)))
        assert curve(tmp_path, "gradients/0/zero_share")[step] == pytest.approx(float((both == 0).float().mean()))
        whole = torch.cat([slope.flatten() for slope in slopes[step].values()])
        assert curve(tmp_path, "gradients/norm")[step] == pytest.approx(float(whole.norm()))
    assert list(curve(tmp_path, "weights/2/norm")) == [1, 4, 7]


def test_sinks_get_histograms_under_the_same_step(tmp_path, model):
    class Hearing(Sink):
        def __init__(self):
            self.heard = []

        def histogram(self, moment, name, counts):
            self.heard.append((name, moment.step, int(sum(counts.counts))))

    hearing = Hearing()
    with Run(tmp_path, sinks=[hearing]) as run, watch(model, run, every=3):
        train(model, run, 5)

    assert ("gradients/0", 1, 16) in hearing.heard
    assert ("weights/2", 4, 5) in hearing.heard


def test_the_whole_norm_takes_the_role_and_those_of_layers_do_not():
    assert role_of("gradients/norm")[0] == "gradient_norm"
    assert role_of("gradients/encoder.0/norm")[0] != "gradient_norm"


def test_other_optimisers_are_not_heard_and_detach_ends_it(tmp_path, model, curve):
    with Run(tmp_path) as run:
        watching = watch(model, run, every=1)
        train(torch.nn.Linear(3, 1), run, 3)
        assert curve(tmp_path, "gradients/norm") == {}
        train(model, run, 2, first=4)
        watching.detach()
        train(model, run, 3, first=6)
    assert list(curve(tmp_path, "gradients/norm")) == [4, 5]


def test_every_zero_updates_is_refused(tmp_path, model):
    with Run(tmp_path) as run, pytest.raises(MusiclogError, match="every is 0; give 1 or more"):
        watch(model, run, every=0)
