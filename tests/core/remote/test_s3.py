"""A run in an object store is followed through a server that speaks S3."""

from __future__ import annotations

from pathlib import Path

import pytest

from musiclog import Run, open_run
from musiclog.remote import Address, RemoteError, fetch, open_mirror


def upload(bucket: str, folder: Path) -> None:
    import s3fs  # noqa: PLC0415 - an extra

    store = s3fs.S3FileSystem(skip_instance_cache=True)
    if not store.exists(bucket):
        store.mkdir(bucket)
    for path in folder.rglob("*"):
        if path.is_file():
            store.pipe_file(f"{bucket}/{path.relative_to(folder.parent).as_posix()}", path.read_bytes())


def test_a_run_in_a_bucket_is_read_and_followed(bucket: str, tmp_path: Path) -> None:
    with Run(tmp_path / "bach", heartbeat_s=3_600) as run:
        for step in range(3_000):
            run.log(step, total_loss=1.0)
        upload(bucket, run.folder)
        copy = open_mirror(Address(f"s3://{bucket}"))
        first = copy.look()
        assert len(open_run(copy.folder / "bach").series("total_loss")[0]) == 3_000

        for step in range(3_000, 3_010):
            run.log(step, total_loss=1.0)
        upload(bucket, run.folder)  # an object store knows no appending: the object is another one
        second = copy.look()

    assert len(open_run(copy.folder / "bach").series("total_loss")[0]) == 3_010
    assert second.bytes < first.bytes / 10


def test_a_bucket_that_is_not_there_is_said(bucket: str) -> None:
    with pytest.raises(RemoteError, match="s3://no-such-bucket-here"):
        fetch(Address("s3://no-such-bucket-here/runs"))
