"""The twelve metrics that every benchmark logs, reads and draws."""

NAMES = [
    "total_loss", "loss/recon", "loss/kl", "loss/adv", "gradient_norm", "learning_rate", "throughput/samples",
    "throughput/tokens", "memory/gpu", "memory/ram", "quality/overall", "kl_weight",
]  # fmt: skip
