"""A hook: images come from where we trust them, and every instance says whose it is.

Settings (`SCHEMA` says the same to tools):

    settings = { images = ["registry.example/"], labels = ["team"] }

The host calls three functions, each in a fresh sandbox without network, files and clock: nothing is
kept between calls, and nothing but the request and the settings is known.
"""

import json

from componentize_py_types import Err
from wit_world import exports
from wit_world.exports import hook, info
from wit_world.imports import settings
from wit_world.imports.types import Failure, FailureKind_Invalid, Violation

SCHEMA = {
    "type": "object",
    "additionalProperties": False,
    "properties": {
        "images": {
            "type": "array",
            "items": {"type": "string", "minLength": 1},
            "default": [],
            "description": "What an image's name must begin with, one of these; empty: any image.",
        },
        "labels": {
            "type": "array",
            "items": {"type": "string", "minLength": 1},
            "default": [],
            "description": "Labels that every instance must carry.",
        },
    },
}


class Info(exports.Info):
    def describe(self, query: info.DescriptionQuery) -> info.Description:
        return info.Description(
            name="house-rules",
            version="0.1.0",
            kind="hook",
            settings_schema=json.dumps(SCHEMA),
            capabilities=[],
            extra=[],
        )

    def check_settings(self, check: info.SettingsCheck) -> info.SettingsReport:
        rules = read(check.settings)
        warnings = [] if any(rules.values()) else ["neither `images` nor `labels` is set: nothing is refused"]
        return info.SettingsReport(warnings=warnings, extra=[])


class Hook(exports.Hook):
    def review(self, call: hook.ReviewCall) -> hook.Verdict:
        rules = read(settings.get(settings.Query(extra=[])).json)
        violations, warnings = [], []
        image = call.request.template.image
        if image is not None:
            if rules["images"] and not image.startswith(tuple(rules["images"])):
                allowed = ", ".join(rules["images"])
                violations.append(
                    violation("/template", "image_not_allowed", f"its image {image} does not begin with {allowed}")
                )
            if is_floating(image):
                warnings.append(f"the image {image} has no fixed tag: it may be another one tomorrow")
        labels = dict(call.request.labels)
        for label in rules["labels"]:
            if not labels.get(label):
                message = f"every instance needs the label `{label}`"
                violations.append(violation(pointer("labels", label), "label_required", message))
        decision = hook.Decision_Deny() if violations else hook.Decision_Allow()
        return hook.Verdict(decision=decision, violations=violations, warnings=warnings, extra=[])


def is_floating(image: str) -> bool:
    """Whether the image's name leaves open which image it is. A port is no tag: host:5000/image."""
    if "@" in image:
        return False
    _, colon, tag = image.rpartition("/")[2].partition(":")
    return not colon or tag == "latest"


def read(text: str) -> dict[str, list[str]]:
    """The settings, or a failure with one violation for each bad key."""
    table, violations = json.loads(text), []
    for key, value in table.items():
        if key not in SCHEMA["properties"]:
            violations.append(violation(pointer(key), "unknown_key", f"there is no key `{key}`"))
        elif not isinstance(value, list) or not all(isinstance(item, str) and item for item in value):
            violations.append(violation(pointer(key), "wrong_type", f"`{key}` is a list of texts"))
    if violations:
        message = "; ".join(one.message for one in violations)
        raise Err(Failure(FailureKind_Invalid(), message, retry_after_ms=None, violations=violations, extra=[]))
    return {key: table.get(key, []) for key in SCHEMA["properties"]}


def violation(where: str, code: str, message: str) -> Violation:
    return Violation(pointer=where, code=code, message=message, extra=[])


def pointer(*members: str) -> str:
    """A JSON pointer (RFC 6901) that leads through these members."""
    return "".join("/" + member.replace("~", "~0").replace("/", "~1") for member in members)
