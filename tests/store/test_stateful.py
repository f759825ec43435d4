"""Any order of puts, gets, deletes and reopenings gives what a dictionary would give."""

import secrets
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from facekeep.errors import Tampered
from facekeep.settings import StoreSettings
from facekeep.store import Store
from facekeep.terms import BlockId, CellId, CellKind, SealedCell

NUMBERS = st.integers(0, 11)
KINDS = tuple(CellKind)


class StoreMachine(RuleBasedStateMachine):
    """The kind of a cell follows from its number, as the kind of a real cell never changes."""

    records_url = ""
    folder: Path

    @initialize()
    def begin(self):
        self.prefix = f"p{secrets.token_hex(6)}_"  # all runs share one store
        self.cells: dict[CellId, SealedCell] = {}
        self.blocks: dict[BlockId, bytes] = {}
        self.open()

    def open(self):
        settings = StoreSettings(records_url=self.records_url)
        self.store = Store(settings, self.folder / "store", self.folder / "cache")
        self.store.migrate()

    def id_of(self, number: int) -> CellId:
        return CellId(f"{self.prefix}{number}")

    @rule(
        contents=st.dictionaries(NUMBERS, st.binary(max_size=64), max_size=6),
        blocks=st.dictionaries(NUMBERS, st.binary()),
    )
    def put(self, contents, blocks):
        cells = [SealedCell(self.id_of(n), KINDS[n % len(KINDS)], content) for n, content in contents.items()]
        new_blocks = {BlockId(self.id_of(n)): content for n, content in blocks.items()}
        self.store.put(cells, new_blocks)
        self.cells |= {cell.cell_id: cell for cell in cells}
        self.blocks |= new_blocks

    @rule(numbers=st.lists(NUMBERS, max_size=6), blocks=st.lists(NUMBERS, max_size=4))
    def delete(self, numbers, blocks):
        self.store.delete([self.id_of(n) for n in numbers], [BlockId(self.id_of(n)) for n in blocks])
        for n in numbers:
            self.cells.pop(self.id_of(n), None)
        for n in blocks:
            self.blocks.pop(BlockId(self.id_of(n)), None)

    @rule(numbers=st.lists(NUMBERS, max_size=5))
    def get(self, numbers):
        ids = [self.id_of(n) for n in numbers]
        if all(one in self.cells for one in ids):
            assert self.store.get(ids) == {one: self.cells[one] for one in ids}
        else:
            with pytest.raises(Tampered):
                self.store.get(ids)

    @rule()
    def reopen(self):
        self.store.close()
        self.open()

    @invariant()
    def everything_is_there(self):
        assert self.store.get(self.cells) == self.cells
        for number in range(12):
            block_id = BlockId(self.id_of(number))
            if block_id in self.blocks:
                assert self.store.block_path(block_id).read_bytes() == self.blocks[block_id]
            else:
                with pytest.raises(Tampered):
                    self.store.block_path(block_id)

    def teardown(self):
        if hasattr(self, "store"):
            self.store.close()


def _run(folder: Path, records_url: str, examples: int) -> None:
    machine = type("Machine", (StoreMachine,), {"folder": folder, "records_url": records_url})
    checks = [HealthCheck.too_slow]
    plan = settings(max_examples=examples, stateful_step_count=20, deadline=None, suppress_health_check=checks)
    run_state_machine_as_test(machine, settings=plan)


def test_sqlite_behaves_like_a_dictionary(tmp_path):
    _run(tmp_path, "", 15)


def test_postgresql_behaves_like_a_dictionary(tmp_path, postgres_url):
    _run(tmp_path, postgres_url, 6)
