// A hook: every instance says whose it is.
//
// The operator names labels that no instance may lack, and perhaps the values that each may have.

import { get } from "wharfinger:plugin/settings@0.1.0";

// What the settings are; the host checks them by this before it asks us.
const SCHEMA = {
  type: "object",
  additionalProperties: false,
  required: ["required"],
  properties: {
    required: {
      type: "object",
      minProperties: 1,
      additionalProperties: { type: "array", items: { type: "string" } },
      description: "Label to the values it may have; an empty list allows any.",
    },
  },
};

export const info = {
  describe() {
    return {
      name: "{{name}}",
      version: "0.1.0",
      kind: "hook",
      settingsSchema: JSON.stringify(SCHEMA),
      capabilities: [],
      extra: [],
    };
  },

  // What no schema can say. A failure is thrown, as a plain object.
  checkSettings({ settings }) {
    const violations = Object.keys(JSON.parse(settings).required)
      .filter((label) => label.includes("="))
      .map((label) => violation(["required", label], "bad_label", "no label has a `=` in its name"));
    if (violations.length > 0) {
      const message = violations.map((one) => one.message).join("; ");
      throw { kind: { tag: "invalid" }, message, retryAfterMs: null, violations, extra: [] };
    }
    return { warnings: [], extra: [] };
  },
};

export const hook = {
  review({ request }) {
    const { required } = JSON.parse(get({ extra: [] }).json);
    const labels = new Map(request.labels);
    const violations = [];
    for (const [label, values] of Object.entries(required)) {
      if (!labels.has(label)) {
        const message = `every instance needs the label \`${label}\``;
        violations.push(violation(["labels", label], "label_required", message));
      } else if (values.length > 0 && !values.includes(labels.get(label))) {
        const message = `\`${label}\` is one of ${values.join(", ")}`;
        violations.push(violation(["labels", label], "label_not_allowed", message));
      }
    }
    const decision = { tag: violations.length > 0 ? "deny" : "allow" };
    return { decision, violations, warnings: [], extra: [] };
  },
};

function violation(place, code, message) {
  const pointer = place.map((member) => "/" + member.replaceAll("~", "~0").replaceAll("/", "~1")).join("");
  return { pointer, code, message, extra: [] };
}
