from town import Town

from facekeep.vault import wire


def test_the_newest_entries_end_with_the_reading_itself(town: Town) -> None:
    session = town.key_session()
    for _ in range(3):
        town.myself(session)
    page = town.ask(wire.ReadLog(session=session, start=None, limit=2), wire.LogPage)
    assert [one.act for one in page.entries] == ["member.self", "log.read"]
    assert page.next_start is None
    whole = town.ask(wire.ReadLog(session=session, start=None, limit=1_000), wire.LogPage)
    assert [one.entry for one in whole.entries] == list(range(len(whole.entries)))
