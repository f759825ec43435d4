"""How models run: one ONNX Runtime session a model, bounded threads, memory given back."""

import onnxruntime


def giving_back() -> onnxruntime.RunOptions:
    """Options of a run after which a session keeps no memory that was only needed for it."""
    options = onnxruntime.RunOptions()
    options.add_run_config_entry("memory.enable_memory_arena_shrinkage", "cpu:0")
    return options


def session(model: bytes, *, threads: int) -> onnxruntime.InferenceSession:
    """A CPU session over the bytes of a runnable model.

    The same input gives the same bits on the same machine: execution is sequential, and there is no fallback to another
    provider. Memory patterns are off because they would keep one plan for every photo size ever seen.
    """
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.execution_mode = onnxruntime.ExecutionMode.ORT_SEQUENTIAL
    options.enable_mem_pattern = False
    options.log_severity_level = 4
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    return onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
