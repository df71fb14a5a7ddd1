"""What states a job may pass through, and the order of the queue."""

import itertools

import pytest


@pytest.fixture
def jobs(part):
    return part("link.jobs")


@pytest.fixture
def contract(part):
    return part("contract")


def _target(part, label="plate"):
    clips, contract = part("blender.clips"), part("contract")
    return clips.ClipTarget(
        label=label,
        source=contract.Source(path="/x/plate.mp4", clip="plate"),
        first=1,
        last=10,
        timeline_start=1,
        scene_name="Scene",
        strip_name=label,
        is_sequence=False,
    )


@pytest.fixture
def new_job(part, jobs, contract):
    def make(queue, *, label="plate", out="/out"):
        return jobs.Job(id=queue.new_id(), label=label, target=_target(part, label), out=out, settings=contract.EstimateSettings())

    return make


def test_a_job_moves_only_along_the_allowed_ways(jobs):
    state = jobs.JobState
    allowed = {
        ("queued", "starting"),
        ("queued", "failed"),
        ("queued", "cancelled"),
        ("starting", "running"),
        ("starting", "cancelling"),
        ("starting", "queued"),
        ("running", "queued"),
        ("starting", "done"),
        ("starting", "failed"),
        ("starting", "cancelled"),
        ("running", "cancelling"),
        ("running", "done"),
        ("running", "failed"),
        ("running", "cancelled"),
        ("cancelling", "done"),
        ("cancelling", "failed"),
        ("cancelling", "cancelled"),
    }
    for before, after in itertools.product(state, state):
        task = jobs.Task(id="1", label="plate", state=before)
        if (before, after) in allowed:
            task.move(after)
            assert task.state is after
        else:
            with pytest.raises(ValueError, match="cannot become"):
                task.move(after)


def test_a_job_is_waiting_or_active_or_finished(jobs):
    for state in jobs.JobState:
        task = jobs.Task(id="1", label="plate", state=state)
        assert [state is jobs.JobState.QUEUED, task.active, task.finished].count(True) == 1


def test_an_error_while_cancelling_is_what_was_asked_for(jobs, contract):
    task = jobs.Task(id="1", label="plate", state=jobs.JobState.CANCELLING)
    task.fail(contract.PlatelightError(contract.ErrorCode.ENGINE_DIED, "killed"))
    assert (task.state, task.error) == (jobs.JobState.CANCELLED, None)
    other = jobs.Task(id="2", label="plate", state=jobs.JobState.RUNNING)
    other.fail(contract.PlatelightError(contract.ErrorCode.DISK_FULL, "/x"))
    assert (other.state, other.error.code) == (jobs.JobState.FAILED, contract.ErrorCode.DISK_FULL)


def test_frames_ready_is_what_every_pass_has(jobs, new_job):
    job = new_job(jobs.JobQueue())
    assert (job.first_ready, job.last_ready) == (None, None)
    job.frames_ready("normal", first=1001, last=1010)
    job.frames_ready("normal", first=1011, last=1020)
    job.frames_ready("depth", first=1001, last=1014)
    assert job.ready["normal"] == (1001, 1020)
    assert (job.first_ready, job.last_ready) == (1001, 1014)


def test_the_request_asks_for_the_frames_that_are_seen(jobs, new_job):
    job = new_job(jobs.JobQueue())
    request = job.request()
    assert (request.job, request.first, request.last, request.out, request.source.clip) == (job.id, 1, 10, "/out", "plate")


def test_the_queue_keeps_the_order_and_one_job_in_hand(jobs, new_job):
    queue = jobs.JobQueue()
    first, second = new_job(queue, label="a"), new_job(queue, label="b")
    queue.add(first)
    queue.add(second)
    assert first.id != second.id
    assert (queue.waiting(), queue.current()) == (first, None)
    first.move(jobs.JobState.STARTING)
    assert (queue.waiting(), queue.current()) == (second, first)
    first.move(jobs.JobState.DONE)
    assert (queue.waiting(), queue.current()) == (second, None)


def test_the_same_frames_are_not_queued_twice(jobs, contract, new_job):
    queue = jobs.JobQueue()
    queue.add(new_job(queue))
    with pytest.raises(contract.PlatelightError, match="in the queue already") as caught:
        queue.add(new_job(queue))
    assert caught.value.code is contract.ErrorCode.OUTPUT_IN_USE
    queue.add(new_job(queue, out="/elsewhere"))
    queue.waiting().move(jobs.JobState.CANCELLED)
    queue.add(new_job(queue))
    assert len(queue.tasks) == 3


def test_only_finished_jobs_leave_the_list(jobs, contract, new_job):
    queue = jobs.JobQueue()
    job = new_job(queue)
    queue.add(job)
    with pytest.raises(contract.PlatelightError, match="not finished"):
        queue.remove(job.id)
    job.move(jobs.JobState.CANCELLED)
    queue.remove(job.id)
    with pytest.raises(contract.PlatelightError) as caught:
        queue.get(job.id)
    assert caught.value.code is contract.ErrorCode.UNKNOWN_JOB


def test_no_window_is_missed_however_seldom_one_looks(jobs, contract):
    task = jobs.Task(id="1", label="plate")
    said = [contract.Progress(job="1", stage=contract.Stage.UNET, done=n, total=9, window=n // 2, windows=4) for n in range(9)]
    for one in said:
        task.advance(one)
    assert task.progress is said[-1]
    assert [one.done for one in task.windows] == [2, 4, 6, 8]


def test_a_flood_of_notices_is_cut_off(jobs):
    task = jobs.Task(id="1", label="plate")
    for index in range(100):
        task.note(f"frame {index % 50} holds NaN")
    assert len(task.notices) == len(set(task.notices)) == 8
