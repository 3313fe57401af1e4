// A hook: images come from where we trust them, and every instance says whose it is.
//
// Settings (`SCHEMA` says the same to tools):
//
//     settings = { images = ["registry.example/"], labels = ["team"] }
//
// The host calls three functions, each in a fresh sandbox without network, files and clock: nothing is
// kept between calls, and nothing but the request and the settings is known.

import { get } from "wharfinger:plugin/settings@0.1.0";

const SCHEMA = {
  type: "object",
  additionalProperties: false,
  properties: {
    images: {
      type: "array",
      items: { type: "string", minLength: 1 },
      default: [],
      description: "What an image's name must begin with, one of these; empty: any image.",
    },
    labels: {
      type: "array",
      items: { type: "string", minLength: 1 },
      default: [],
      description: "Labels that every instance must carry.",
    },
  },
};

export const info = {
  describe() {
    return {
      name: "house-rules",
      version: "0.1.0",
      kind: "hook",
      settingsSchema: JSON.stringify(SCHEMA),
      capabilities: [],
      extra: [],
    };
  },

  checkSettings({ settings }) {
    const rules = read(settings);
    const idle = Object.values(rules).every((list) => list.length === 0);
    return { warnings: idle ? ["neither `images` nor `labels` is set: nothing is refused"] : [], extra: [] };
  },
};

export const hook = {
  review({ request }) {
    const rules = read(get({ extra: [] }).json);
    const violations = [];
    const warnings = [];
    const image = request.template.image;
    if (image != null) {
      if (rules.images.length > 0 && !rules.images.some((start) => image.startsWith(start))) {
        const message = `its image ${image} does not begin with ${rules.images.join(", ")}`;
        violations.push(violation("/template", "image_not_allowed", message));
      }
      if (isFloating(image)) {
        warnings.push(`the image ${image} has no fixed tag: it may be another one tomorrow`);
      }
    }
    const labels = new Map(request.labels);
    for (const label of rules.labels) {
      if (!labels.get(label)) {
        const message = `every instance needs the label \`${label}\``;
        violations.push(violation(pointer("labels", label), "label_required", message));
      }
    }
    const decision = { tag: violations.length > 0 ? "deny" : "allow" };
    return { decision, violations, warnings, extra: [] };
  },
};

// Whether the image's name leaves open which image it is. A port is no tag: host:5000/image.
function isFloating(image) {
  if (image.includes("@")) return false;
  const tag = image.split("/").at(-1).split(":")[1];
  return tag === undefined || tag === "latest";
}

// The settings, or a failure with one violation for each bad key.
function read(text) {
  const table = JSON.parse(text);
  const violations = [];
  for (const [key, value] of Object.entries(table)) {
    if (!Object.hasOwn(SCHEMA.properties, key)) {
      violations.push(violation(pointer(key), "unknown_key", `there is no key \`${key}\``));
    } else if (!Array.isArray(value) || !value.every((item) => typeof item === "string" && item !== "")) {
      violations.push(violation(pointer(key), "wrong_type", `\`${key}\` is a list of texts`));
    }
  }
  if (violations.length > 0) {
    const message = violations.map((one) => one.message).join("; ");
    throw { kind: { tag: "invalid" }, message, retryAfterMs: undefined, violations, extra: [] };
  }
  return { images: table.images ?? [], labels: table.labels ?? [] };
}

function violation(where, code, message) {
  return { pointer: where, code, message, extra: [] };
}

// A JSON pointer (RFC 6901) that leads through these members.
function pointer(...members) {
  return members.map((member) => "/" + member.replaceAll("~", "~0").replaceAll("/", "~1")).join("");
}
