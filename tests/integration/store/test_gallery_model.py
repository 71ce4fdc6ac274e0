"""Any sequence of changes, then any query, equals a plain model; over a real SQLite file."""

import asyncio
import tempfile
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from core.gallery.curation import Choice, Curation
from core.gallery.filters import GalleryFilter
from core.gallery.gallery import Gallery
from core.store.asset_rows import new_asset
from core.store.assets import Assets
from core.store.database import Database
from core.store.limits import UploadLimits
from tests.decoding import shared_decoders
from tests.unit.store.memory_blobs import MemoryBlobs

T = TypeVar("T")
NAMES = ("red house", "blue house", "red car")
TAGS = ("night", "draft")
PLACES = st.sets(st.integers(0, 9), max_size=4)


@dataclass
class Image:
    """An image of the model."""

    name: str
    rating: int = 0
    favourite: bool = False
    deleted: bool = False
    collected: bool = False
    tags: set[str] = field(default_factory=set)


class GalleryMachine(RuleBasedStateMachine):
    """Changes of a gallery and of its model."""

    @initialize()
    def open(self) -> None:
        self.folder = tempfile.TemporaryDirectory()
        path = Path(self.folder.name)
        self.loop = asyncio.new_event_loop()
        self.database = Database(f"sqlite:///{path / 'studio.db'}")
        self.database.migrate()
        stored = Assets(
            self.database, MemoryBlobs(), path / "small", shared_decoders(), UploadLimits()
        )
        self.assets = stored
        self.start()
        self.images: dict[str, Image] = {}
        self.collection = self.run(self.curation.create_collection("Best")).id

    def start(self) -> None:
        """A gallery that has read nothing yet."""
        self.gallery = Gallery(self.database)
        self.curation = Curation(
            self.database, self.gallery, self.assets, lambda *_: None, lambda *_: None
        )

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        return self.loop.run_until_complete(work)

    def chosen(self, places: set[int]) -> list[str]:
        ids = sorted(self.images)
        return [ids[place] for place in sorted(places) if place < len(ids)]

    @rule(name=st.sampled_from(NAMES))
    def add(self, name: str) -> None:
        blob = self.assets.blobs.put(f"{name} {len(self.images)}".encode())
        asset = new_asset(blob, kind="image", type="image/png", name=name)
        self.run(self.assets.add(asset))
        self.images[asset.id] = Image(name)

    @rule(
        places=PLACES,
        rating=st.integers(0, 5),
        favourite=st.booleans(),
        tag=st.sampled_from(TAGS),
        add=st.booleans(),
    )
    def annotate(self, places: set[int], rating: int, favourite: bool, tag: str, add: bool) -> None:
        ids = self.chosen(places)
        added, removed = ([tag], []) if add else ([], [tag])
        values = {"rating": rating, "favourite": favourite}
        self.run(self.curation.annotate(Choice(ids), values, added, removed))  # type: ignore[arg-type]
        for image in (self.images[asset_id] for asset_id in ids):
            if not image.deleted:
                image.rating, image.favourite = rating, favourite
                image.tags = image.tags | {tag} if add else image.tags - {tag}

    @rule(places=PLACES, deleted=st.booleans())
    def trash_or_restore(self, places: set[int], deleted: bool) -> None:
        ids = self.chosen(places)
        change = self.curation.trash if deleted else self.curation.restore
        expected = sum(self.images[asset_id].deleted != deleted for asset_id in ids)
        assert self.run(change(Choice(ids))) == expected
        for asset_id in ids:
            self.images[asset_id].deleted = deleted

    @rule()
    def empty_the_trash(self) -> None:
        gone = [asset_id for asset_id, image in self.images.items() if image.deleted]
        trash = Choice(wanted=GalleryFilter(deleted=True))
        assert self.run(self.curation.purge(trash)) == len(gone)
        for asset_id in gone:
            del self.images[asset_id]

    @rule(portions=st.integers(0, 2), places=PLACES, rating=st.integers(0, 5))
    def change_while_the_index_is_read(self, portions: int, places: set[int], rating: int) -> None:
        self.start()
        for _ in range(portions):
            reader = self.gallery._reader
            self.run(self.database.read(partial(reader.read_portion, size=2)))
        self.annotate(places, rating, favourite=False, tag="draft", add=True)
        self.add("red car")
        self.empty_the_trash()

    @rule(places=PLACES, add=st.booleans())
    def collect(self, places: set[int], add: bool) -> None:
        ids = self.chosen(places)
        change = self.curation.collect if add else self.curation.uncollect
        self.run(change(self.collection, Choice(ids)))
        for image in (self.images[asset_id] for asset_id in ids):
            if not (add and image.deleted):
                image.collected = add

    @invariant()
    def queries_equal_the_model(self) -> None:
        if not hasattr(self, "images"):
            return
        matches: dict[GalleryFilter, Callable[[Image], bool]] = {
            GalleryFilter(): lambda image: True,
            GalleryFilter(q="red hou"): lambda image: image.name == "red house",
            GalleryFilter(q="nigh -car"): lambda i: "night" in i.tags and "car" not in i.name,
            GalleryFilter(min_rating=3): lambda image: image.rating >= 3,
            GalleryFilter(favourite=False): lambda image: not image.favourite,
            GalleryFilter(tag=TAGS): lambda image: image.tags == set(TAGS),
            GalleryFilter(collection=(self.collection,)): lambda image: image.collected,
        }
        for wanted, match in matches.items():
            expected = [
                asset_id
                for asset_id in sorted(self.images, reverse=True)
                if not self.images[asset_id].deleted and match(self.images[asset_id])
            ]
            page = self.run(self.gallery.page(wanted))
            assert [item.asset.id for item in page.items] == expected, wanted
            assert page.total == len(expected)
        trash = self.run(self.gallery.page(GalleryFilter(deleted=True)))
        assert trash.total == sum(image.deleted for image in self.images.values())

    def teardown(self) -> None:
        if hasattr(self, "database"):
            self.database.close()
            self.loop.close()
            self.folder.cleanup()


GalleryMachine.TestCase.settings = settings(max_examples=15, stateful_step_count=12, deadline=None)
TestGalleryModel = GalleryMachine.TestCase
