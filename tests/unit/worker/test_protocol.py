"""The protocol: what goes in comes out, and what is no message is refused as such."""

from pathlib import Path
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.settings import LogLevel
from core.worker import protocol
from core.worker.protocol import MalformedMessage, decode_reply, decode_request, encode
from core.worker.worker_settings import WorkerSettings

# What JSON can carry: no lone surrogates, no NaN.
text = st.text(st.characters(exclude_categories=["Cs"]))
scalars = st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(-1e6, 1e6) | text
values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(text, inner, max_size=3)
)
objects = st.dictionaries(text, values, max_size=4)
about: dict[str, Any] = {"task_id": text, "attempt": st.integers(1, 99)}
paths = st.text(st.characters(categories=["L", "Nd"]), min_size=1).map(Path)
optional = st.none() | st.integers(0, 9999)

requests = st.one_of(
    st.builds(
        protocol.Hello,
        lane=text,
        settings=st.builds(
            WorkerSettings,
            data_dir=paths,
            output_dir=paths,
            presets_dir=paths,
            wildcards_dir=paths,
            styles_dir=paths,
            model_dirs=st.lists(paths, max_size=2).map(tuple),
            model_words=st.dictionaries(paths, text, max_size=2),
            operation_modules=st.lists(text, max_size=2).map(tuple),
            warm=st.booleans(),
            threads=st.integers(0, 99),
            pool_bytes=st.integers(0, 2**50),
            unload_seconds=st.floats(0, 1e6),
            provenance=st.booleans(),
            watermark=st.booleans(),
            offline=st.booleans(),
            log_level=st.sampled_from(get_args(LogLevel)),
        ),
    ),
    st.builds(
        protocol.Start,
        **about,
        lane=text,
        operation=text,
        params=objects,
        snapshot=objects,
        checkpoint_key=st.none() | text,
        inputs=st.dictionaries(
            text, st.builds(protocol.InputAsset, key=text, type=text), max_size=2
        ),
    ),
    st.builds(protocol.Cancel, **about),
    st.builds(protocol.Yield, **about),
    st.builds(protocol.Stop),
    st.builds(protocol.Ping, n=st.integers(0, 2**31)),
)
outputs = st.builds(
    protocol.Output,
    port=text,
    index=st.integers(0, 99),
    kind=text,
    key=st.none() | text,
    type=st.none() | text,
    size=optional,
    width=optional,
    height=optional,
    seed=optional,
    value=values,
)
notices = st.builds(protocol.Notice, code=text, detail=text, field=st.none() | text)
metrics = st.builds(
    protocol.Metric, value=st.none() | st.floats(-1e6, 1e6), step=st.integers(0, 99)
)
replies = st.one_of(
    st.builds(protocol.Starting, phase=text),
    st.builds(protocol.Ready, device=objects, memory=st.dictionaries(text, st.integers(0, 2**50))),
    st.builds(
        protocol.Progress,
        **about,
        phase=text,
        step=st.integers(0, 99),
        preview=st.none() | text,
        metrics=st.dictionaries(text, metrics, max_size=3),
    ),
    st.builds(protocol.Computed, **about),
    st.builds(
        protocol.Finished,
        **about,
        outputs=st.lists(outputs, max_size=2).map(tuple),
        warnings=st.lists(notices, max_size=2).map(tuple),
        timings=st.dictionaries(text, st.floats(0, 1e6), max_size=2),
    ),
    st.builds(protocol.Failed, **about, error=objects),
    st.builds(protocol.Cancelled, **about),
    st.builds(protocol.Yielded, **about, checkpoint_key=text),
    st.builds(protocol.Pong, n=st.integers(0, 2**31)),
    st.builds(protocol.Dead, reason=text),
)


@given(requests)
def test_requests_survive_the_way_to_the_worker(message: protocol.Request) -> None:
    assert decode_request(encode(message)) == message


@given(replies)
def test_replies_survive_the_way_to_the_server(message: protocol.Reply) -> None:
    assert decode_reply(encode(message)) == message


@given(requests | replies)
def test_a_message_is_one_line(message: Any) -> None:
    line = encode(message)
    assert line.endswith(b"\n")
    assert line.count(b"\n") == 1


@given(st.binary(max_size=200))
def test_bytes_that_are_no_message_are_malformed(line: bytes) -> None:
    with pytest.raises(MalformedMessage):
        decode_reply(line)


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"[]",
        b"{}",
        b'{"type":"unknown"}',
        b'{"type":"computed","task_id":"a"}',
        b'{"type":"computed","task_id":"a","attempt":1,"more":2}',
        b'{"type":"start","task_id":"a","attempt":1}',
    ],
)
def test_incomplete_strange_and_foreign_messages_are_malformed(line: bytes) -> None:
    with pytest.raises(MalformedMessage) as caught:
        decode_reply(line)
    assert caught.value.line == line


def test_text_that_is_no_unicode_cannot_be_sent() -> None:
    with pytest.raises(MalformedMessage):
        encode(protocol.Starting(phase="\ud800"))
