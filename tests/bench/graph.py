"""The packaged graph in a session of its own, set up as `spinmark.scorer` does."""

import onnxruntime as ort

from spinmark.detector import WEIGHTS


def session() -> ort.InferenceSession:
    options = ort.SessionOptions()
    options.log_severity_level = 3
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    return ort.InferenceSession(str(WEIGHTS / "model.onnx"), options, providers=["CPUExecutionProvider"])
