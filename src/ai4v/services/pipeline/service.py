"""The use case: each task in turn, within one deadline, fed by the one before it."""

from typing import Protocol

from ai4v.contracts.error import PlatformError
from ai4v.contracts.pipeline import PipelineAnswer, PipelineRequest
from ai4v.kit.caller import Caller
from ai4v.kit.deadline import Deadline
from ai4v.services.pipeline.failure import name_task
from ai4v.services.pipeline.feed import TaskAnswer, TaskRequest, make_request
from ai4v.services.pipeline.plan import check_plan, check_principal


class TaskCaller(Protocol):
    """Has tasks done, on behalf of one caller."""

    async def do(self, request: TaskRequest, deadline: Deadline) -> TaskAnswer:
        """Return what the service for this kind of request answers.

        Raises:
            PlatformError: it failed, in its own words.
        """
        ...


class PipelineService:
    """Runs pipelines; the services that do the tasks keep the records."""

    async def run(
        self, request: PipelineRequest, tasks: TaskCaller, caller: Caller
    ) -> PipelineAnswer:
        """Do every task, or fail as a whole and name the one that failed.

        Raises:
            ValidationError: an order of tasks that cannot work; none was begun.
            AuthorizationError: one of them is not the caller's to have done; none was begun.
            PlatformError: a task failed, with its code and status.
        """
        check_plan(request)
        check_principal(request, caller.principal)
        answers: list[TaskAnswer] = []
        steps = request.pipeline_tasks
        for number, step in enumerate(steps):
            try:
                caller.deadline.remaining_s()
                asked = make_request(request, step, answers[-1] if answers else None)
                answers.append(await tasks.do(asked, caller.deadline))
            except PlatformError as error:
                raise name_task(error, number, step.task_type, len(steps)) from None
        return PipelineAnswer(pipeline_response=tuple(answers))
