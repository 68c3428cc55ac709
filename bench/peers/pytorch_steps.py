#!/usr/bin/env python3
"""One of the works of `weir bench` in PyTorch, in the better of its two memory formats. Images a second, median.

usage: pytorch_steps.py W.safetensors WORK BATCH [SECONDS]
       pytorch_steps.py W.safetensors export MODEL.onnx
       pytorch_steps.py W.safetensors dropout

WORK: forward, input-gradient, 10-class-gradients, training-step, training-step-bf16 (autocast). The network is the one that
tests/peers/rebuild_pytorch.py makes of the weights; those of bench_steps tell its dropout, so that both train the same one.
`dropout` prints the rates with which it would train. Run it with the environment of compare-with-peers.
"""
import pathlib
import statistics
import sys
import time
import warnings

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "tests" / "peers"))
import rebuild_pytorch  # noqa: E402  (exits with 77 where there is no PyTorch)
import torch  # noqa: E402
import torch.nn.functional as F  # noqa: E402

warnings.filterwarnings("ignore")
CLASSES = 10


def network_of(weights):
    return rebuild_pytorch.rebuild(*rebuild_pytorch.read_safetensors(weights))[0]


def frozen(network):
    for parameter in network.parameters():
        parameter.requires_grad_(False)
    return network


def exportable(network):
    """The same network with a window that the exporter can write down: it knows no size that depends on x."""
    for i, module in enumerate(network):
        if isinstance(module, rebuild_pytorch.GlobalMaxPool):
            network[i] = torch.nn.Sequential(torch.nn.AdaptiveMaxPool2d(1), torch.nn.Flatten())
    return network


def forward(network, images, labels):
    frozen(network)

    def work():
        with torch.inference_mode():
            network(images)
    return [work]


def input_gradient(network, images, labels):
    frozen(network)

    def work():
        x = images.detach().requires_grad_(True)
        torch.autograd.grad(F.cross_entropy(network(x), labels, reduction="sum"), x)
    return [work]


def class_gradients(network, images, labels):
    """One backward pass a class, or one for ten copies of the batch, which is better for few images."""
    frozen(network)

    def one_by_one():
        x = images.detach().requires_grad_(True)
        logits = network(x)
        for k in range(CLASSES):
            torch.autograd.grad(logits[:, k].sum(), x, retain_graph=k + 1 < CLASSES)

    def copies():
        x = images.detach().repeat(CLASSES, 1, 1, 1).requires_grad_(True)
        seeds = torch.eye(CLASSES).repeat_interleave(len(images), 0)
        torch.autograd.grad(network(x), x, seeds)
    return [one_by_one, copies] if len(images) <= 8 else [one_by_one]


def training_step(network, images, labels, autocast=False):
    network.train()
    optimiser = torch.optim.SGD(network.parameters(), lr=1e-4, momentum=0.9)

    def work():
        optimiser.zero_grad(set_to_none=True)
        with torch.autocast("cpu", dtype=torch.bfloat16, enabled=autocast):
            loss = F.cross_entropy(network(images), labels)
        loss.backward()
        optimiser.step()
    return [work]


def training_step_bf16(network, images, labels):
    return training_step(network, images, labels, autocast=True)


WORKS = {"forward": forward, "input-gradient": input_gradient, "10-class-gradients": class_gradients,
         "training-step": training_step, "training-step-bf16": training_step_bf16}


def median_seconds(budget, work):
    work()
    samples, start = [], time.perf_counter()
    while time.perf_counter() - start < budget or len(samples) < 3:
        begin = time.perf_counter()
        work()
        samples.append(time.perf_counter() - begin)
    return statistics.median(samples)


def images_per_second(weights, work, batch, budget):
    rates = []
    for memory_format in (torch.channels_last, torch.contiguous_format):
        network = network_of(weights).to(memory_format=memory_format)
        images = (torch.rand(batch, 3, 32, 32) * 2 - 1).contiguous(memory_format=memory_format)
        ways = WORKS[work](network, images, torch.arange(batch) % CLASSES)
        rates += [batch / median_seconds(budget / (2 * len(ways)), way) for way in ways]
    return max(rates)


def main(arguments):
    if len(arguments) not in (3, 4) and arguments[1:] != ["dropout"]:
        sys.exit(__doc__)
    weights, work = arguments[:2]
    if work == "dropout":
        rates = [module.p for module in network_of(weights).train() if isinstance(module, torch.nn.Dropout)]
        print("dropout:", *rates)
        return
    if work == "export":
        torch.onnx.export(exportable(network_of(weights)), torch.zeros(1, 3, 32, 32), arguments[2], opset_version=13,
                          input_names=["x"], output_names=["y"], dynamic_axes={"x": {0: "n"}, "y": {0: "n"}})
        return
    budget = float(arguments[3]) if len(arguments) == 4 else 2
    print(f"{images_per_second(weights, work, int(arguments[2]), budget):.1f}")


main(sys.argv[1:])
