"""The packaged graph in a session of its own, set up as `spinmark.scorer` does."""

import onnxruntime as ort

from spinmark.detector import WEIGHTS
from spinmark.scorer import SLOW_FUSIONS, spinning


def session() -> ort.InferenceSession:
    options = ort.SessionOptions()
    options.log_severity_level = 3
    for name, value in spinning(ort.__version__).items():
        options.add_session_config_entry(name, value)
    return ort.InferenceSession(
        str(WEIGHTS / "model.onnx"),
        options,
        providers=["CPUExecutionProvider"],
        disabled_optimizers=SLOW_FUSIONS,
    )
