"""A provisioner: workloads are machines of a fleet, which is asked over HTTP.

    PUT    /machines/NAME          200 it was there already · 201 made · 400 never will be · 503 no room
    GET    /machines/NAME          200 the machine · 404 none of that name
    DELETE /machines/NAME          204 gone · 202 going · 404 none of that name
    GET    /machines?owner=O&after=NAME        {"machines": […], "next": NAME or null}
    GET    /machines/NAME/output?after=N&bytes=B    {"lines": […], "next": N}
    GET    /images                 {"images": […]}: what the fleet can run

The operator grants the upstream `fleet`, and may say in which zone machines are made:

    upstreams.fleet = { url = "https://fleet.example", bearer_token = { env = "FLEET_TOKEN" } }
    settings = { zone = "east" }

What happened is all this plugin says; whether to try again is for the host to decide. So it tells apart
what had no effect (`not-applied`) from what nobody knows (`outcome-unknown`), and never takes an
upstream that does not answer for a machine that is not there.
"""

import json
from urllib.parse import quote, urlencode

from componentize_py_types import Err
from upstream import Answer, Denied, Lost, NotSent, send
from wit_world import exports
from wit_world.exports import info, provisioner
from wit_world.imports import settings
from wit_world.imports.wharfinger_plugin_types import (
    Failure,
    FailureKind_Denied,
    FailureKind_Foreign,
    FailureKind_Invalid,
    FailureKind_NotApplied,
    FailureKind_OutcomeUnknown,
    Target,
    Template,
    Violation,
    Workload,
)

SCHEMA = {
    "type": "object",
    "additionalProperties": False,
    "properties": {
        "zone": {"type": "string", "minLength": 1, "description": "Where in the fleet machines are made."},
    },
}

OWNER, INSTANCE, ATTEMPT = "WHARFINGER_OWNER", "WHARFINGER_INSTANCE", "WHARFINGER_ATTEMPT"

STATES = {
    "starting": provisioner.WorkloadState_Starting,
    "running": provisioner.WorkloadState_Running,
    "exited": provisioner.WorkloadState_Stopped,
    "failed": provisioner.WorkloadState_Failed,
}


class Info(exports.Info):
    def describe(self, query: info.DescriptionQuery) -> info.Description:
        return info.Description(
            name="fleet",
            version="0.1.0",
            kind="provisioner",
            settings_schema=json.dumps(SCHEMA),
            capabilities=["logs", "owned", "templates"],
            extra=[],
        )

    def check_settings(self, check: info.SettingsCheck) -> info.SettingsReport:
        read_settings(check.settings)
        return info.SettingsReport(warnings=[], extra=[])


class Provisioner(exports.Provisioner):
    def templates(self, query: provisioner.TemplatesQuery) -> provisioner.TemplatesPage:
        images = look("its images", "/images").json()["images"]
        return provisioner.TemplatesPage(templates=[template(image) for image in images], next_cursor=None, extra=[])

    def create(self, call: provisioner.CreateCall) -> provisioner.Creation:
        request, target = call.request, call.target
        marks = {OWNER: target.owner, INSTANCE: target.instance_id, ATTEMPT: str(target.attempt)}
        order = {
            "zone": read_settings(settings.get(settings.Query(extra=[])).json).get("zone"),
            "image": request.template.image,
            "command": request.template.command,
            "port": request.template.port,
            # Later wins: nobody's request overrides the marks by which the machine is found again.
            "environment": {**dict(request.environment), **dict(call.secrets), **marks},
            "labels": {**dict(request.labels), **marks},
        }
        try:
            answer = send("fleet", "PUT", machine_path(target), order, timeout_ms=call.deadline_ms)
        except Denied as error:
            raise failure(FailureKind_Denied(), f"the fleet may not be asked: {error}")
        except NotSent as error:
            raise failure(FailureKind_NotApplied(), f"the fleet cannot be reached: {error}", 5_000)
        except Lost as error:
            raise failure(FailureKind_OutcomeUnknown(), f"the fleet's answer was lost: {error}")
        machine, name = answer.json(), target.workload_name
        if answer.status in (200, 201) and machine is not None:
            made = answer.status == 201
            if not made and not is_ours(machine, target):
                raise failure(FailureKind_Foreign(), f"the machine {name} is somebody else's; it was not touched")
            if not made and attempt(machine) < target.attempt:
                raise failure(FailureKind_NotApplied(), f"the machine {name} of an earlier attempt is still there")
            return creation(machine, made, request.template)
        if answer.status == 400:
            raise failure(FailureKind_Invalid(), f"the fleet refuses the request: {said(answer)}")
        if answer.status == 503 and machine is not None:
            pause = answer.headers.get("retry-after", "")
            after = int(pause) * 1_000 if pause.isdecimal() else None
            raise failure(FailureKind_NotApplied(), f"the fleet has no room: {said(answer)}", after)
        raise failure(FailureKind_OutcomeUnknown(), f"the fleet failed while it made {name}: {said(answer)}")

    def inspect(self, call: provisioner.Inspection) -> provisioner.Observation:
        machine = find(call.target)
        if machine is None:
            return observation(provisioner.WorkloadState_Absent(), "the fleet knows no such machine")
        if not is_ours(machine, call.target):
            return observation(provisioner.WorkloadState_Absent(), "the machine of this name is somebody else's")
        return observe(machine)

    def destroy(self, call: provisioner.DestructionCall) -> provisioner.Destruction:
        machine = find(call.target)
        # What is somebody else's is left alone, and ours is gone.
        if machine is None or not is_ours(machine, call.target):
            return provisioner.Destruction(gone=True, extra=[])
        try:
            answer = send("fleet", "DELETE", machine_path(call.target), timeout_ms=30_000)
        except (Denied, NotSent) as error:
            raise failure(FailureKind_NotApplied(), f"the fleet cannot be reached: {error}", 5_000)
        except Lost as error:
            raise failure(FailureKind_OutcomeUnknown(), f"the fleet's answer was lost: {error}")
        if answer.status in (202, 204) or is_not_found(answer):
            return provisioner.Destruction(gone=answer.status != 202, extra=[])
        raise failure(FailureKind_OutcomeUnknown(), f"the fleet did not remove the machine: {said(answer)}")

    def owned(self, query: provisioner.OwnedQuery) -> provisioner.OwnedPage:
        page = {"owner": query.owner, **({"after": query.cursor} if query.cursor else {})}
        answer = look("its machines", f"/machines?{urlencode(page)}").json()
        workloads = [
            provisioner.OwnedWorkload(target=marked(machine), observation=observe(machine), extra=[])
            for machine in answer["machines"]
            if machine["labels"].get(OWNER) == query.owner
        ]
        return provisioner.OwnedPage(workloads=workloads, next_cursor=answer["next"], extra=[])

    def logs(self, query: provisioner.LogsQuery) -> provisioner.LogsPage:
        page = {"bytes": query.max_bytes, **({"after": query.cursor} if query.cursor else {})}
        answer = look("the output", f"{machine_path(query.target)}/output?{urlencode(page)}").json()
        lines = [
            provisioner.LogLine(at=line["at"], source=line["source"], text=line["text"], extra=[])
            for line in answer["lines"]
        ]
        return provisioner.LogsPage(lines=lines, next_cursor=answer["next"], extra=[])


# What the fleet says, in the host's words


def creation(machine: dict, made: bool, asked: Template) -> provisioner.Creation:
    if machine["state"] == "starting":
        outcome = provisioner.CreateOutcome_Pending()
    else:
        outcome = provisioner.CreateOutcome_Created() if made else provisioner.CreateOutcome_Adopted()
    warnings = ["`resources` are ignored: the fleet's machines are all of one size"] if asked.resources else []
    return provisioner.Creation(outcome=outcome, workload=workload(machine), warnings=warnings, extra=[])


def observe(machine: dict) -> provisioner.Observation:
    state = STATES.get(machine["state"])
    known = state() if state else provisioner.WorkloadState_Other(machine["state"])
    return observation(known, machine["reason"], machine["exit_code"], workload(machine))


def observation(state, reason: str, exit_code=None, workload=None) -> provisioner.Observation:
    return provisioner.Observation(state=state, reason=reason, exit_code=exit_code, workload=workload, extra=[])


def workload(machine: dict) -> Workload:
    # Where it answers and where it is; nothing of its environment, which holds secrets.
    extra = [("zone", machine["zone"])] if machine["zone"] else []
    return Workload(id=machine["id"], name=machine["name"], url=machine["url"], port=None, extra=extra)


def template(image: dict) -> Template:
    return Template(
        name=image["name"],
        description=image["description"],
        image=image["image"],
        command=[],
        port=image["port"],
        path="/mcp",
        transport="streamable-http",
        environment=[],
        labels=[],
        resources=[],
        inputs="[]",
        extra=[],
    )


# Whose it is


def marked(machine: dict) -> Target:
    labels = machine["labels"]
    return Target(
        workload_name=machine["name"],
        instance_id=labels.get(INSTANCE, ""),
        owner=labels.get(OWNER, ""),
        attempt=attempt(machine),
        last_known=None,
        extra=[],
    )


def is_ours(machine: dict, target: Target) -> bool:
    labels = machine["labels"]
    return labels.get(OWNER) == target.owner and labels.get(INSTANCE) == target.instance_id


def attempt(machine: dict) -> int:
    mark = machine["labels"].get(ATTEMPT, "")
    return int(mark) if mark.isdecimal() else 0


# Looks: they change nothing, so one that fails was not applied, whatever became of it


def find(target: Target) -> dict | None:
    answer = look(f"the machine {target.workload_name}", machine_path(target), absent_is_fine=True)
    return None if is_not_found(answer) else answer.json()


def look(what: str, path: str, absent_is_fine: bool = False) -> Answer:
    try:
        answer = send("fleet", "GET", path)
    except Denied as error:
        raise failure(FailureKind_Denied(), f"the fleet may not be asked for {what}: {error}")
    except (NotSent, Lost) as error:
        raise failure(FailureKind_NotApplied(), f"the fleet did not tell about {what}: {error}", 5_000)
    if (answer.status == 200 and answer.json() is not None) or (absent_is_fine and is_not_found(answer)):
        return answer
    raise failure(FailureKind_NotApplied(), f"the fleet would not tell about {what}: {said(answer)}", 5_000)


def is_not_found(answer: Answer) -> bool:
    """A 404 of the fleet itself: one of a router or proxy in between says nothing about the machine."""
    return answer.status == 404 and (answer.json() or {}).get("error") == "no such machine"


def machine_path(target: Target) -> str:
    return f"/machines/{quote(target.workload_name, safe='')}"


def said(answer: Answer) -> str:
    """The fleet's own words. A body of another shape is not quoted: it may hold an environment."""
    words = (answer.json() or {}).get("error")
    return f"{words} (status {answer.status})" if isinstance(words, str) else f"status {answer.status}"


# Settings and failures


def read_settings(text: str) -> dict:
    table, violations = json.loads(text), []
    for key, value in table.items():
        if key != "zone":
            violations.append(Violation(f"/{key}", "unknown_key", f"there is no key `{key}`", extra=[]))
        elif not isinstance(value, str) or not value:
            violations.append(Violation("/zone", "wrong_type", "`zone` is a text", extra=[]))
    if violations:
        raise failure(FailureKind_Invalid(), "; ".join(one.message for one in violations), violations=violations)
    return table


def failure(kind, message: str, retry_after_ms: int | None = None, violations=()) -> Err:
    return Err(Failure(kind, message, retry_after_ms, list(violations), extra=[]))
