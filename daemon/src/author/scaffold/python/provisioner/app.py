"""A provisioner: workloads are boxes of a service that is asked by HTTP.

    POST   /boxes               {name, image, port, environment, labels}: 201 box, 409 the name is taken
    GET    /boxes/NAME          200 box, 404
    DELETE /boxes/NAME          204, 404

The service is the upstream `boxes`: its address, certificates and credentials are the host's.
"""

import json
from urllib.parse import quote

from componentize_py_types import Err
from upstream import Answer, Denied, Lost, NotSent, send
from wit_world import exports
from wit_world.exports import info, provisioner
from wit_world.imports import settings
from wit_world.imports import wharfinger_plugin_types as types

# What the settings are; the host checks them by this before it asks us.
SCHEMA = {
    "type": "object",
    "additionalProperties": False,
    "properties": {
        "registry": {"type": "string", "minLength": 1, "description": "Put in front of images that name no registry."},
    },
}

STATES = {
    "starting": provisioner.WorkloadState_Starting(),
    "running": provisioner.WorkloadState_Running(),
    "stopped": provisioner.WorkloadState_Stopped(),
}
ABSENT = provisioner.WorkloadState_Absent()


class Info(exports.Info):
    def describe(self, query: info.DescriptionQuery) -> info.Description:
        return info.Description(
            name="{{name}}",
            version="0.1.0",
            kind="provisioner",
            settings_schema=json.dumps(SCHEMA),
            capabilities=[],
            extra=[],
        )

    def check_settings(self, check: info.SettingsCheck) -> info.SettingsReport:
        return info.SettingsReport(warnings=[], extra=[])


class Provisioner(exports.Provisioner):
    def templates(self, query: provisioner.TemplatesQuery) -> provisioner.TemplatesPage:
        return provisioner.TemplatesPage(templates=[], next_cursor=None, extra=[])

    def create(self, call: provisioner.CreateCall) -> provisioner.Creation:
        template, target = call.request.template, call.target
        if template.image is None:
            where = types.Violation("/template", "image_required", "a box runs an image", extra=[])
            raise failure(types.FailureKind_Invalid(), "the template names no image", [where])
        registry = json.loads(settings.get(settings.Query(extra=[])).json).get("registry")
        image = f"{registry}/{template.image}" if registry and "/" not in template.image else template.image
        box = {
            "name": target.workload_name,
            "image": image,
            "port": template.port,
            "environment": {**dict(call.request.environment), **dict(call.secrets)},
            "labels": marks(target),
        }
        answer = ask("POST", "/boxes", box, call.deadline_ms)
        match answer.status:
            case 201:
                return creation(provisioner.CreateOutcome_Created(), answer)
            case 409:
                return adopt(target)
            # Nothing was made, for certain, and repeating it would not help.
            case 400 | 422:
                raise failure(types.FailureKind_Invalid(), "the service refuses this box")
            # Nothing was made, and it may work another time.
            case 429 | 503:
                raise failure(types.FailureKind_NotApplied(), "the service has no room for a box now")
        # Who can say? The host looks before it does anything else.
        raise failure(types.FailureKind_OutcomeUnknown(), f"the service answered {answer.status}")

    def inspect(self, call: provisioner.Inspection) -> provisioner.Observation:
        box = look(call.target)
        if box is None:
            return observation(ABSENT, "there is no such box")
        if not is_ours(box, call.target):
            return observation(ABSENT, "the box of this name belongs to somebody else")
        state = STATES.get(box["state"]) or provisioner.WorkloadState_Other(box["state"])
        return observation(state, f"the box is {box['state']}", workload(box))

    def destroy(self, call: provisioner.DestructionCall) -> provisioner.Destruction:
        box = look(call.target)
        # Gone already is gone; what is not ours is left alone.
        if box is None or not is_ours(box, call.target):
            return provisioner.Destruction(gone=True, extra=[])
        answer = ask("DELETE", path(call.target))
        if answer.status in (202, 204, 404):
            return provisioner.Destruction(gone=answer.status != 202, extra=[])
        raise failure(types.FailureKind_OutcomeUnknown(), f"the service answered {answer.status}")

    def owned(self, query: provisioner.OwnedQuery) -> provisioner.OwnedPage:
        # Say so with the capability `owned` once you can list what carries an owner's mark.
        raise failure(types.FailureKind_Unsupported(), "this provisioner cannot list what it made")

    def logs(self, query: provisioner.LogsQuery) -> provisioner.LogsPage:
        # Say so with the capability `logs` once you can.
        raise failure(types.FailureKind_Unsupported(), "this provisioner has no logs")


def ask(method: str, path: str, value=None, timeout_ms: int = 5_000) -> Answer:
    """A request that may have an effect: what was not sent had none, and a lost answer is unknown."""
    try:
        return send("boxes", method, path, value, timeout_ms)
    except Denied as error:
        raise failure(types.FailureKind_Denied(), str(error))
    except NotSent as error:
        raise failure(types.FailureKind_NotApplied(), f"the service cannot be reached: {error}")
    except Lost as error:
        raise failure(types.FailureKind_OutcomeUnknown(), f"the service's answer was lost: {error}")


def look(target: types.Target) -> dict | None:
    """`None`: the service says that there is no such box. That it cannot be asked is a failure."""
    answer = ask("GET", path(target))
    if answer.status == 404:
        return None
    if answer.status == 200 and (box := answer.json()) is not None:
        return box
    raise failure(types.FailureKind_NotApplied(), f"the service answered {answer.status}")


def adopt(target: types.Target) -> provisioner.Creation:
    """The name is taken: by us, if an answer was lost, or by somebody else."""
    answer = ask("GET", path(target))
    box = answer.json()
    if answer.status == 200 and box is not None and is_ours(box, target):
        return creation(provisioner.CreateOutcome_Adopted(), answer)
    if answer.status == 200:
        raise failure(types.FailureKind_Foreign(), "a box of this name belongs to somebody else; it was not touched")
    raise failure(types.FailureKind_NotApplied(), "a box of this name went away in this moment")


def creation(outcome, answer: Answer) -> provisioner.Creation:
    box = answer.json()
    if box is None:
        raise failure(types.FailureKind_OutcomeUnknown(), "the service's answer is no box")
    return provisioner.Creation(outcome=outcome, workload=workload(box), warnings=[], extra=[])


def observation(state, reason: str, workload=None) -> provisioner.Observation:
    return provisioner.Observation(state=state, reason=reason, exit_code=None, workload=workload, extra=[])


def workload(box: dict) -> types.Workload:
    return types.Workload(id=box["id"], name=box["name"], url=box.get("url"), port=None, extra=[])


def marks(target: types.Target) -> dict[str, str]:
    """By these a box is known to be ours, also by the next daemon."""
    return {
        "WHARFINGER_OWNER": target.owner,
        "WHARFINGER_INSTANCE": target.instance_id,
        "WHARFINGER_ATTEMPT": str(target.attempt),
    }


def is_ours(box: dict, target: types.Target) -> bool:
    ours = marks(target)
    return all(box["labels"].get(mark) == ours[mark] for mark in ("WHARFINGER_OWNER", "WHARFINGER_INSTANCE"))


def path(target: types.Target) -> str:
    return f"/boxes/{quote(target.workload_name, safe='')}"


def failure(kind, message: str, violations=()) -> Err:
    return Err(types.Failure(kind, message, retry_after_ms=None, violations=list(violations), extra=[]))
