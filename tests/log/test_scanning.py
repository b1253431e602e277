"""One chunk, k chunks and any runner give the same frames."""

import tempfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from bko_mining.errors import LogError
from bko_mining.log.chunk_profiles import ScanProfile, profile_chunk, put_together
from bko_mining.log.event_log import EventLog
from bko_mining.log.issues import find_issues
from bko_mining.log.profiling import profile
from bko_mining.log.reading import read_log
from bko_mining.log.scanning import Scan, chunks_for, on_dask, on_spark, scan
from bko_mining.log.summaries import LogSummary, summarise

SAMPLE = Path(__file__).parents[2] / "sample_logs" / "accounts_payable.csv"
DIRTY = SAMPLE.with_name("bad_export.csv")


@pytest.fixture(scope="module")
def log() -> EventLog:
    return read_log(SAMPLE, timezone="America/Sao_Paulo")


@pytest.fixture(scope="module")
def files(log: EventLog, tmp_path_factory: pytest.TempPathFactory) -> Scan:
    folder = tmp_path_factory.mktemp("scan")
    # The cases lie across both files.
    odd = np.arange(len(log)) % 2 == 1
    log.take_instances(odd).write_parquet(folder / "a.parquet")
    log.take_instances(~odd).write_parquet(folder / "b.parquet")
    return scan(folder / "*.parquet", timezone="America/Sao_Paulo")


def assert_same(one: LogSummary, other: LogSummary) -> None:
    for name in ("n_cases", "n_instances", "first", "last"):
        assert getattr(one, name) == getattr(other, name)
    for name in ("activities", "directly_follows", "variants", "resources", "handovers"):
        pd.testing.assert_frame_equal(getattr(one, name), getattr(other, name))


@pytest.mark.parametrize("k", [1, 2, 7])
def test_chunking_changes_nothing(files: Scan, k: int) -> None:
    assert_same(files.with_chunks(k).summary(), files.with_chunks(1).summary())


def test_a_scan_finds_every_case_once(files: Scan, log: EventLog) -> None:
    ids = [case for chunk in files.with_chunks(5).chunks() for case in chunk.case_ids.to_pylist()]
    assert sorted(ids) == sorted(log.case_ids.to_pylist())
    whole, scanned = summarise(log), files.with_chunks(3).summary()
    assert (scanned.n_cases, scanned.n_instances) == (whole.n_cases, whole.n_instances)
    pd.testing.assert_frame_equal(scanned.activities, whole.activities)


@pytest.mark.parametrize("seed", range(5))
def test_summaries_of_any_split_add_up(log: EventLog, seed: int) -> None:
    part = np.random.default_rng(seed).integers(0, 4, log.n_cases)
    first, *others = (summarise(log.take_cases(part == k)) for k in range(4))
    assert_same(first.merge(*others), summarise(log).merge())


def assert_same_profile(one: ScanProfile, other: ScanProfile) -> None:
    for name in ("table", "coverage", "days", "activities", "resources"):
        pd.testing.assert_frame_equal(getattr(one, name), getattr(other, name))
    assert one.facts.to_dict() == other.facts.to_dict()
    assert one.summary == other.summary


@pytest.fixture(scope="module")
def dirty(tmp_path_factory: pytest.TempPathFactory) -> tuple[EventLog, Scan]:
    log = read_log(DIRTY, timezone="America/Sao_Paulo")
    folder = tmp_path_factory.mktemp("dirty")
    log.write_parquet(folder / "log.parquet")
    return log, scan(folder / "log.parquet", timezone="America/Sao_Paulo")


@pytest.mark.parametrize("k", [2, 7])
def test_the_profile_is_the_same_in_any_number_of_chunks(files: Scan, dirty: tuple[EventLog, Scan], k: int) -> None:
    for source in (files, dirty[1]):
        assert_same_profile(source.with_chunks(k).profile(), source.with_chunks(1).profile())


def test_a_scanned_profile_is_that_of_the_log_but_for_what_it_left_out(dirty: tuple[EventLog, Scan]) -> None:
    log, source = dirty
    scanned, whole = source.with_chunks(3).profile(), profile(log)
    own = [finding for finding in find_issues(log) if finding not in log.found]
    expected = {f.kind: (f.n, f.share) for f in own if f.kind not in scanned.left_out}
    told = scanned.table.set_index("kind")
    assert {"duplicates", "reversed", "spellings"} <= expected.keys()
    assert {kind: (told["n"][kind], told["share"][kind]) for kind in expected} == expected
    assert scanned.facts.to_dict() == whole.facts.to_dict()
    pd.testing.assert_frame_equal(scanned.coverage, whole.coverage)
    assert scanned.days["n_instances"].sum() == len(log)
    assert "whole log at once" in scanned.summary


def test_parts_in_different_zones_are_refused(log: EventLog) -> None:
    part = profile_chunk(log)
    with pytest.raises(LogError, match="different time zones"):
        put_together([part, replace(part, timezone="UTC")], len(log))


def test_a_memory_limit_decides_the_number_of_chunks(files: Scan) -> None:
    assert (files.n_chunks, chunks_for(10_000_000, "500MB"), chunks_for(10_000_000, "2.5GB")) == (1, 5, 1)
    with pytest.raises(LogError, match="no amount of memory"):
        chunks_for(10, "50")


def test_dealing_once_gives_the_chunks_that_reading_again_gives(files: Scan, tmp_path: Path) -> None:
    sought = files.with_chunks(5)
    dealt = sought.dealt(tmp_path / "buckets")
    for number in range(5):
        one, other = sought.chunk(number), dealt.chunk(number)
        assert one is not None
        assert other is not None
        pd.testing.assert_frame_equal(one.frame, other.frame, check_categorical=False)
    assert sum(len(chunk) for chunk in dealt.chunks()) == files.n_rows
    assert scan(Path(files.pattern).parent).n_rows == files.n_rows


@pytest.mark.parametrize("fails", [False, True])
def test_the_buckets_are_deleted_whatever_happens(
    files: Scan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fails: bool
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    seen = []

    def measure(log: EventLog) -> int:
        seen.append(len(list(tmp_path.glob("bko-*/bucket_*"))))
        if fails:
            raise ZeroDivisionError
        return len(log)

    if fails:
        with pytest.raises(ZeroDivisionError):
            files.with_chunks(3).map(measure)
    else:
        assert sum(files.with_chunks(3).map(measure)) == files.n_rows
    assert set(seen) == {3}
    assert list(tmp_path.iterdir()) == []


def test_files_of_several_forms_are_sought_not_dealt(log: EventLog, tmp_path: Path) -> None:
    half = np.arange(log.n_cases) % 2 == 0
    log.take_cases(half).write_parquet(tmp_path / "a.parquet")
    other = log.take_cases(~half)
    replace(other, attributes=other.attributes.select(other.attributes.column_names[::-1])).write_parquet(
        tmp_path / "b.parquet"
    )
    source = scan(tmp_path, timezone="America/Sao_Paulo").with_chunks(3)
    with pytest.raises(LogError, match=r"2 files of .* differ in their columns"):
        source.dealt(tmp_path / "buckets")
    assert_same(source.summary(), source.with_chunks(1).summary())


def test_dask_gives_the_same(files: Scan, tmp_path: Path) -> None:
    distributed = pytest.importorskip("distributed", reason="Dask is not installed (make test-engines)")
    with distributed.Client(n_workers=2, threads_per_worker=1, dashboard_address=None) as client:
        sought = files.with_chunks(4)
        for source in (sought, sought.dealt(tmp_path / "buckets")):
            assert_same(source.summary(run=on_dask(client)), files.with_chunks(1).summary())


def test_spark_gives_the_same(files: Scan) -> None:
    sql = pytest.importorskip("pyspark.sql", reason="Spark is not installed (make test-engines)")
    session = sql.SparkSession.builder.master("local[2]").config("spark.ui.enabled", "false").getOrCreate()
    assert_same(files.with_chunks(4).summary(run=on_spark(session)), files.with_chunks(1).summary())
    session.stop()
