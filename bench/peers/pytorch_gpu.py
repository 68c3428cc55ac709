#!/usr/bin/env python3
"""One of the works of `weir bench` in PyTorch on a GPU: eager and compiled, channels last, a JSON line for each number.

usage: pytorch_gpu.py W.safetensors WORK BATCH[,BATCH...] [SECONDS]

WORK: forward, input-gradient, training-step, training-step-bf16. numerics: float32 (TF32 off), tf32, bf16 (autocast). Rates are
medians of wall-clock times, each of them of several steps and with a synchronisation at its end.
"""
import json
import pathlib
import statistics
import sys
import time
import warnings

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "tests" / "peers"))
import rebuild_pytorch  # noqa: E402  (exits with 77 where there is no PyTorch)
import torch  # noqa: E402
import torch.nn.functional as F  # noqa: E402

if not torch.cuda.is_available():
    print("skipped: PyTorch sees no GPU")
    sys.exit(77)
warnings.filterwarnings("ignore")
CLASSES = 10
NUMERICS = {"forward": ["tf32", "float32"], "input-gradient": ["tf32", "float32"],
            "training-step": ["tf32", "float32"], "training-step-bf16": ["bf16"]}


def network_of(weights, trains):
    network = rebuild_pytorch.rebuild(*rebuild_pytorch.read_safetensors(weights))[0].cuda()
    network = network.to(memory_format=torch.channels_last)
    for parameter in network.parameters():
        parameter.requires_grad_(trains)
    return network.train() if trains else network.eval()


def work_of(network, work, images, labels, autocast):
    def context():
        return torch.autocast("cuda", dtype=torch.bfloat16, enabled=autocast)

    def forward():
        with torch.inference_mode(), context():
            network(images)

    def input_gradient():
        x = images.detach().requires_grad_(True)
        with context():
            loss = F.cross_entropy(network(x).float(), labels, reduction="sum")
        torch.autograd.grad(loss, x)

    if work == "forward":
        return forward
    if work == "input-gradient":
        return input_gradient
    optimiser = torch.optim.SGD(network.parameters(), lr=1e-4, momentum=0.9, fused=True)

    def step():
        optimiser.zero_grad(set_to_none=True)
        with context():
            loss = F.cross_entropy(network(images).float(), labels)
        loss.backward()
        optimiser.step()
    return step


def median_seconds(budget, work):
    for _ in range(5):
        work()
    torch.cuda.synchronize()
    begin = time.perf_counter()
    work()
    torch.cuda.synchronize()
    steps = max(1, int(0.02 / max(time.perf_counter() - begin, 1e-6)))
    samples, start = [], time.perf_counter()
    while time.perf_counter() - start < budget or len(samples) < 5:
        begin = time.perf_counter()
        for _ in range(steps):
            work()
        torch.cuda.synchronize()
        samples.append((time.perf_counter() - begin) / steps)
    return statistics.median(samples)


def main(arguments):
    if len(arguments) not in (3, 4) or arguments[1] not in NUMERICS:
        sys.exit(__doc__)
    weights, work, batches = arguments[0], arguments[1], [int(word) for word in arguments[2].split(",")]
    budget = float(arguments[3]) if len(arguments) == 4 else 0.5
    for batch in batches:
        for numerics in NUMERICS[work]:  # what is compared first comes first: the time may be over before the rest
            torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = numerics != "float32"
            torch.backends.cudnn.benchmark = True
            for form in ("compiled", "eager"):
                try:
                    torch._dynamo.reset()
                    network = network_of(weights, work.startswith("training"))
                    called = torch.compile(network, mode="reduce-overhead") if form == "compiled" else network
                    images = (torch.rand(batch, 3, 32, 32, device="cuda") * 2 - 1).contiguous(memory_format=torch.channels_last)
                    seconds = median_seconds(budget, work_of(called, work, images, torch.arange(batch, device="cuda") % CLASSES,
                                                             numerics == "bf16"))
                    row = {"images_per_second": batch / seconds, "milliseconds": 1e3 * seconds}
                except Exception as error:  # one form that fails must not cost the others
                    row = {"error": f"{type(error).__name__}: {error}"[:300]}
                print(json.dumps({"peer": "PyTorch " + torch.__version__, "work": work, "form": form, "numerics": numerics,
                                  "batch": batch, **row}), flush=True)


main(sys.argv[1:])
