// A provisioner: workloads are boxes of a service that is asked by HTTP.
//
//     POST   /boxes               {name, image, port, environment, labels}: 201 box, 409 the name is taken
//     GET    /boxes/NAME          200 box, 404
//     DELETE /boxes/NAME          204, 404
//
// The service is the upstream `boxes`: its address, certificates and credentials are the host's.

import { get } from "wharfinger:plugin/settings@0.1.0";

import { Denied, Lost, NotSent, send } from "./upstream.js";

// What the settings are; the host checks them by this before it asks us.
const SCHEMA = {
  type: "object",
  additionalProperties: false,
  properties: {
    registry: { type: "string", minLength: 1, description: "Put in front of images that name no registry." },
  },
};

const STATES = ["starting", "running", "stopped"];

export const info = {
  describe() {
    return {
      name: "{{name}}",
      version: "0.1.0",
      kind: "provisioner",
      settingsSchema: JSON.stringify(SCHEMA),
      capabilities: [],
      extra: [],
    };
  },

  checkSettings() {
    return { warnings: [], extra: [] };
  },
};

export const provisioner = {
  templates() {
    return { templates: [], nextCursor: null, extra: [] };
  },

  create({ request, target, secrets, deadlineMs }) {
    const { image, port } = request.template;
    if (image == null) {
      const violation = { pointer: "/template", code: "image_required", message: "a box runs an image", extra: [] };
      throw failure("invalid", "the template names no image", [violation]);
    }
    const { registry } = JSON.parse(get({ extra: [] }).json);
    const box = {
      name: target.workloadName,
      image: registry && !image.includes("/") ? `${registry}/${image}` : image,
      port,
      environment: { ...Object.fromEntries(request.environment), ...Object.fromEntries(secrets) },
      labels: marks(target),
    };
    const { status, json } = ask("post", "/boxes", box, deadlineMs);
    if (status === 201) return creation("created", json);
    if (status === 409) return adopt(target);
    // Nothing was made, for certain, and repeating it would not help.
    if (status === 400 || status === 422) throw failure("invalid", "the service refuses this box");
    // Nothing was made, and it may work another time.
    if (status === 429 || status === 503) throw failure("not-applied", "the service has no room for a box now");
    // Who can say? The host looks before it does anything else.
    throw failure("outcome-unknown", `the service answered ${status}`);
  },

  inspect({ target }) {
    const box = look(target);
    if (!box) return observation({ tag: "absent" }, "there is no such box");
    if (!isOurs(box, target)) return observation({ tag: "absent" }, "the box of this name belongs to somebody else");
    const state = STATES.includes(box.state) ? { tag: box.state } : { tag: "other", val: box.state };
    return observation(state, `the box is ${box.state}`, workload(box));
  },

  destroy({ target }) {
    const box = look(target);
    // Gone already is gone; what is not ours is left alone.
    if (!box || !isOurs(box, target)) return { gone: true, extra: [] };
    const { status } = ask("delete", path(target));
    if ([202, 204, 404].includes(status)) return { gone: status !== 202, extra: [] };
    throw failure("outcome-unknown", `the service answered ${status}`);
  },

  owned() {
    // Say so with the capability `owned` once you can list what carries an owner's mark.
    throw failure("unsupported", "this provisioner cannot list what it made");
  },

  logs() {
    // Say so with the capability `logs` once you can.
    throw failure("unsupported", "this provisioner has no logs");
  },
};

// A request that may have an effect: what was not sent had none, and a lost answer is unknown.
function ask(method, path, value, timeoutMs = 5_000) {
  try {
    return send("boxes", method, path, value, timeoutMs);
  } catch (error) {
    if (error instanceof Denied) throw failure("denied", error.message);
    if (error instanceof NotSent) throw failure("not-applied", `the service cannot be reached: ${error.message}`);
    if (error instanceof Lost) throw failure("outcome-unknown", `the service's answer was lost: ${error.message}`);
    throw error;
  }
}

// null: the service says that there is no such box. That it cannot be asked is a failure.
function look(target) {
  const { status, json } = ask("get", path(target));
  if (status === 404) return null;
  if (status === 200 && json) return json;
  throw failure("not-applied", `the service answered ${status}`);
}

// The name is taken: by us, if an answer was lost, or by somebody else.
function adopt(target) {
  const { status, json } = ask("get", path(target));
  if (status === 200 && json && isOurs(json, target)) return creation("adopted", json);
  if (status === 200) throw failure("foreign", "a box of this name belongs to somebody else; it was not touched");
  throw failure("not-applied", "a box of this name went away in this moment");
}

function creation(outcome, box) {
  if (!box) throw failure("outcome-unknown", "the service's answer is no box");
  return { outcome: { tag: outcome }, workload: workload(box), warnings: [], extra: [] };
}

function observation(state, reason, workload = null) {
  return { state, reason, exitCode: null, workload, extra: [] };
}

function workload({ id, name, url }) {
  return { id, name, url: url ?? null, port: null, extra: [] };
}

// By these a box is known to be ours, also by the next daemon.
function marks({ owner, instanceId, attempt }) {
  return { WHARFINGER_OWNER: owner, WHARFINGER_INSTANCE: instanceId, WHARFINGER_ATTEMPT: String(attempt) };
}

function isOurs({ labels }, target) {
  return labels.WHARFINGER_OWNER === target.owner && labels.WHARFINGER_INSTANCE === target.instanceId;
}

function path(target) {
  return `/boxes/${encodeURIComponent(target.workloadName)}`;
}

function failure(kind, message, violations = []) {
  return { kind: { tag: kind }, message, retryAfterMs: null, violations, extra: [] };
}
