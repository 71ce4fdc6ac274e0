"""Sets that the gallery keeps between queries: words, and files that several images have."""

import asyncio
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, insert, update

from core.gallery.duplicates import SharedFiles
from core.gallery.filters import GalleryFilter
from core.gallery.gallery import Gallery
from core.gallery.index import MOST_CHANGES
from core.gallery.text_query import Term, matching
from core.store.database import Database
from core.store.schema import asset_search, assets

COUNT = 40
COLOURS = ("red", "blue")
SHAPES = ("house", "car", "tree")


def name(number: int) -> str:
    return f"{number:032x}"


def add(connection: Connection, numbers: Sequence[int], revision: int) -> None:
    """Images with a colour and a shape in their words; a file for each two of them."""
    for number in numbers:
        row = {
            "id": name(number),
            "key": f"file{number // 2}",
            "kind": "image",
            "type": "image/png",
        }
        values = {"size": 1, "metadata": {}, "created_at": "2026-01-01T00:00:00Z"}
        connection.execute(
            insert(assets).values(**row, **values, described=True, revision=revision)
        )
        words = f"{COLOURS[number % 2]} {SHAPES[number % 3]}"
        connection.execute(
            insert(asset_search).values(
                number=number + 1,
                asset_id=row["id"],
                prompt=words,
                negative_prompt="",
                loras=[],
                words=words,
                notes="",
            )
        )


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    opened = Database(f"sqlite:///{tmp_path / 'studio.db'}")
    opened.migrate()
    asyncio.run(opened.write(lambda connection: add(connection, range(COUNT), 1)))
    yield opened
    opened.close()


class Searches:
    """Searches of one gallery, and the words and images that its text index was asked for."""

    def __init__(self, database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
        self.gallery = Gallery(database)
        self.asked: list[set[int] | None] = []

        def noted(connection: Connection, terms: tuple[Term, ...], **options: Any) -> list[int]:
            self.asked.append(options["numbers"])
            return matching(connection, terms, **options)

        monkeypatch.setattr("core.gallery.word_sets.matching", noted)

    def search(self, words: str) -> set[int]:
        self.asked.clear()
        ids = asyncio.run(self.gallery.ids(GalleryFilter(q=words)))
        return {int(asset_id, 16) for asset_id in ids}


@pytest.fixture
def searches(database: Database, monkeypatch: pytest.MonkeyPatch) -> Searches:
    return Searches(database, monkeypatch)


def test_words_that_were_looked_up_alone_need_no_look_up_together(searches: Searches) -> None:
    red, house = searches.search("red"), searches.search("house")
    assert searches.search("red house") == red & house == {0, 6, 12, 18, 24, 30, 36}
    assert not searches.asked
    assert searches.search("red house tree") == set()
    assert searches.asked == [None]


def test_only_images_that_came_or_changed_are_looked_up_again(
    database: Database, searches: Searches
) -> None:
    before = searches.search("red")

    def change(connection: Connection) -> None:
        add(connection, [COUNT], 2)
        connection.execute(
            update(asset_search).where(asset_search.c.number == 1).values(words="blue car")
        )
        connection.execute(update(assets).where(assets.c.id == name(0)).values(revision=2))

    asyncio.run(database.write(change))
    assert searches.search("red") == before - {0} | {COUNT}
    assert searches.asked == [{1, COUNT + 1}]


def test_after_many_changes_words_are_looked_up_anew(
    database: Database, searches: Searches
) -> None:
    before = searches.search("red")
    new = range(COUNT, COUNT + MOST_CHANGES + 1)
    asyncio.run(database.write(lambda connection: add(connection, new, 2)))
    assert searches.search("red") == before | set(new[::2])
    assert searches.asked == [None]


def test_keys_of_shared_files_follow_what_changes(database: Database) -> None:
    shared = SharedFiles()

    def keys() -> set[str]:
        return set(asyncio.run(database.read(shared.keys)))

    assert keys() == {f"file{number}" for number in range(COUNT // 2)}
    asyncio.run(database.write(lambda connection: add(connection, [COUNT, COUNT + 1], 2)))
    asyncio.run(database.write(lambda connection: add(connection, [COUNT + 2], 3)))
    assert keys() == {f"file{number}" for number in range(COUNT // 2 + 1)}
    asyncio.run(database.write(lambda connection: add(connection, [COUNT + 3], 4)))
    assert f"file{COUNT // 2 + 1}" in keys()
