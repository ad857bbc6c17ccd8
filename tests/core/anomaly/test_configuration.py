"""Values are found whatever the trainer calls them and however deep they lie."""

from musiclog.anomaly.configuration import Configuration


def test_keys_are_found_in_nested_configurations_with_their_paths():
    config = Configuration({"training": {"optimizer": {"lr": "3e-4"}, "max_grad_norm": 1}, "data": {"batch_size": 16}})
    assert config.number("learning_rate") == 3e-4
    assert config.path("learning_rate") == "training.optimizer.lr"
    assert config.number("clip") == 1
    assert config.path("clip") == "training.max_grad_norm"
    assert config.number("batch_size") == 16


def test_what_a_configuration_does_not_have_is_not_known():
    config = Configuration({"training": {"clip_norm": True, "batch_size": "auto"}})
    assert config.number("clip") is None
    assert config.number("batch_size") is None
    assert config.path("dropout") == "dropout"
    assert Configuration(None).values == {}
