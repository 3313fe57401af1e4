"""A hook: every instance says whose it is.

The operator names labels that no instance may lack, and perhaps the values that each may have.
"""

import json

from componentize_py_types import Err
from wit_world import exports
from wit_world.exports import hook, info
from wit_world.imports import settings
from wit_world.imports.types import Failure, FailureKind_Invalid, Violation

# What the settings are; the host checks them by this before it asks us.
SCHEMA = {
    "type": "object",
    "additionalProperties": False,
    "required": ["required"],
    "properties": {
        "required": {
            "type": "object",
            "minProperties": 1,
            "additionalProperties": {"type": "array", "items": {"type": "string"}},
            "description": "Label to the values it may have; an empty list allows any.",
        },
    },
}


class Info(exports.Info):
    def describe(self, query: info.DescriptionQuery) -> info.Description:
        return info.Description(
            name="{{name}}",
            version="0.1.0",
            kind="hook",
            settings_schema=json.dumps(SCHEMA),
            capabilities=[],
            extra=[],
        )

    def check_settings(self, check: info.SettingsCheck) -> info.SettingsReport:
        """What no schema can say."""
        bad = [
            violation(["required", label], "bad_label", "no label has a `=` in its name")
            for label in json.loads(check.settings)["required"]
            if "=" in label
        ]
        if bad:
            message = "; ".join(one.message for one in bad)
            raise Err(Failure(FailureKind_Invalid(), message, retry_after_ms=None, violations=bad, extra=[]))
        return info.SettingsReport(warnings=[], extra=[])


class Hook(exports.Hook):
    def review(self, call: hook.ReviewCall) -> hook.Verdict:
        required = json.loads(settings.get(settings.Query(extra=[])).json)["required"]
        labels, violations = dict(call.request.labels), []
        for label, values in required.items():
            if label not in labels:
                message = f"every instance needs the label `{label}`"
                violations.append(violation(["labels", label], "label_required", message))
            elif values and labels[label] not in values:
                message = f"`{label}` is one of {', '.join(values)}"
                violations.append(violation(["labels", label], "label_not_allowed", message))
        decision = hook.Decision_Deny() if violations else hook.Decision_Allow()
        return hook.Verdict(decision=decision, violations=violations, warnings=[], extra=[])


def violation(place: list[str], code: str, message: str) -> Violation:
    pointer = "".join("/" + member.replace("~", "~0").replace("/", "~1") for member in place)
    return Violation(pointer=pointer, code=code, message=message, extra=[])
