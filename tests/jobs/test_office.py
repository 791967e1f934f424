"""The office: nothing is opened before it is needed, and outages pass."""

import asyncio
import subprocess
import sys
from pathlib import Path

import pytest
import structlog

from image_tagger.domain.errors import StoreUnavailable
from image_tagger.domain.jobs import NewItem, NewJob, Progress
from image_tagger.jobs.office import Office
from image_tagger.jobs.rules import Rules
from image_tagger.services import wire
from image_tagger.settings import Settings
from tests.jobs.acting import services_with
from tests.postgresql import PASSWORD, Cluster


def test_a_server_without_jobs_imports_nothing_of_databases() -> None:
    program = (
        "import sys, image_tagger.api.app, image_tagger.main\n"
        "print([name for name in ('sqlalchemy', 'alembic', 'psycopg') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True)
    assert done.stdout.decode().strip() == "[]"


async def test_an_office_that_nobody_asks_leaves_nothing(tmp_path: Path) -> None:
    async with wire(Settings(data_dir=tmp_path / "data")) as services:
        services.employ()
        await asyncio.sleep(0.05)
        await services.check_ready()
    assert not (tmp_path / "data").exists()


async def test_readiness_says_that_the_data_folder_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    office = Office(tmp_path / "file" / "data", "", Rules())
    with pytest.raises(StoreUnavailable, match=r"^the data folder cannot be written$"):
        await office.check()


async def test_a_database_that_cannot_be_one_is_not_the_fault_of_who_asks(tmp_path: Path) -> None:
    async with wire(Settings(data_dir=tmp_path, database_url="mysql://me:hush@host/name")) as services:
        for ask in (services.check_ready, services.office.check):
            with pytest.raises(StoreUnavailable, match=r"^the URL of the database must begin with") as refused:
                await ask()
            assert refused.value.retry_after is None
        with pytest.raises(StoreUnavailable, match="the URL of the database"):
            services.office.check_url()


def test_a_driver_that_is_missing_is_not_the_fault_of_who_asks() -> None:
    program = (
        "import sys, pathlib; sys.modules['psycopg'] = None\n"
        "from image_tagger.domain.errors import StoreUnavailable\n"
        "from image_tagger.jobs.office import Office, Rules\n"
        "try:\n"
        "    Office(pathlib.Path('nowhere'), 'postgresql://me@host/name', Rules()).check_url()\n"
        "except StoreUnavailable as error:\n"
        "    print(error)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True)
    assert done.stdout.decode().strip() == "PostgreSQL needs an extra: pip install 'image-tagger[postgres]'"


async def test_a_process_that_can_do_no_jobs_says_so(tmp_path: Path) -> None:
    good, wrong = Office(tmp_path, "", Rules()), Office(tmp_path, "mysql://host/name", Rules(places=1))
    with structlog.testing.capture_logs() as lines:
        wrong.employ(services_with(good.ledger))
        async with asyncio.timeout(10):
            while not lines:  # noqa: ASYNC110 - nothing else tells
                await asyncio.sleep(0.01)
        await wrong.close()
        await good.close()
    assert lines[0]["event"] == "this process does no jobs"
    assert "the URL of the database" in lines[0]["reason"]


@pytest.mark.usefixtures("acts")
async def test_a_process_without_jobs_helps_when_another_gets_some(tmp_path: Path) -> None:
    idle, busy = Office(tmp_path, "", Rules(places=2)), Office(tmp_path, "", Rules(places=0))
    try:
        idle.employ(services_with(idle.ledger))
        await asyncio.sleep(0.05)
        job = await busy.ledger.add(NewJob("echo"))
        assert (await busy.ledger.wait([job.id], 30))[job.id].progress == Progress(1, done=1)
    finally:
        await idle.close()
        await busy.close()


@pytest.mark.usefixtures("acts")
async def test_work_goes_on_after_the_database_was_down(cluster: Cluster, tmp_path: Path) -> None:
    office = Office(tmp_path, cluster.new_database(), Rules(places=4))
    try:
        job = await office.ledger.add(NewJob("sleep"), [NewItem({"seconds": 0.02}) for _ in range(400)])
        office.employ(services_with(office.ledger))
        while (await office.ledger.job(job.id)).progress.done < 20:  # noqa: ASYNC110 - nothing tells how far it is
            await asyncio.sleep(0.01)
        cluster.stop()
        with pytest.raises(StoreUnavailable):
            await office.check()
        await asyncio.sleep(0.3)
        cluster.start()
        assert (await office.ledger.wait([job.id], 60))[job.id].progress == Progress(400, done=400)
    finally:
        await office.close()


async def test_readiness_says_that_the_database_is_down(cluster: Cluster, tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path, database_url=cluster.new_database())
    async with wire(settings) as services:
        await services.check_ready()
        cluster.stop()
        try:
            with pytest.raises(StoreUnavailable, match="the database cannot be reached"):
                await services.check_ready()
        finally:
            cluster.start()
        await services.check_ready()


def test_the_password_of_the_database_is_not_shown(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path, database_url=f"postgresql://me:{PASSWORD}@host/name")
    services = wire(settings)
    assert PASSWORD not in f"{settings!r} {services!r} {services.office.database.engine.url}"
