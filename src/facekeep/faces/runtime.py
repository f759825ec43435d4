"""How models run: one ONNX Runtime session a model, bounded threads, memory given back."""

from functools import cache

import onnxruntime


def giving_back() -> onnxruntime.RunOptions:
    """Options of a run after which the arena keeps no memory that only runs needed."""
    options = onnxruntime.RunOptions()
    options.add_run_config_entry("memory.enable_memory_arena_shrinkage", "cpu:0")
    return options


@cache
def _share_one_arena() -> None:
    """One arena for all sessions of this process, which grows by what is asked for and not by doubling."""
    place = onnxruntime.OrtMemoryInfo(
        "Cpu", onnxruntime.OrtAllocatorType.ORT_ARENA_ALLOCATOR, 0, onnxruntime.OrtMemType.DEFAULT
    )
    usual = -1
    growth = {
        "max_mem": 0,
        "arena_extend_strategy": 1,
        "initial_chunk_size_bytes": usual,
        "max_dead_bytes_per_chunk": usual,
    }
    onnxruntime.create_and_register_allocator(place, onnxruntime.OrtArenaCfg(growth))


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
    options.add_session_config_entry("session.use_env_allocators", "1")
    _share_one_arena()
    return onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
