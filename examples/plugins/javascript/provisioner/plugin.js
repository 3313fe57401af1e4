// A provisioner: workloads are machines of a fleet, which is asked over HTTP.
//
//     PUT    /machines/NAME          200 it was there already · 201 made · 400 never will be · 503 no room
//     GET    /machines/NAME          200 the machine · 404 none of that name
//     DELETE /machines/NAME          204 gone · 202 going · 404 none of that name
//     GET    /machines?owner=O&after=NAME        {"machines": […], "next": NAME or null}
//     GET    /machines/NAME/output?after=N&bytes=B    {"lines": […], "next": N}
//     GET    /images                 {"images": […]}: what the fleet can run
//
// The operator grants the upstream `fleet`, and may say in which zone machines are made:
//
//     upstreams.fleet = { url = "https://fleet.example", bearer_token = { env = "FLEET_TOKEN" } }
//     settings = { zone = "east" }
//
// What happened is all this plugin says; whether to try again is for the host to decide. So it tells apart
// what had no effect (`not-applied`) from what nobody knows (`outcome-unknown`), and never takes an
// upstream that does not answer for a machine that is not there.

import { get } from "wharfinger:plugin/settings@0.1.0";

import { Denied, Lost, NotSent, send } from "./upstream.js";

const SCHEMA = {
  type: "object",
  additionalProperties: false,
  properties: {
    zone: { type: "string", minLength: 1, description: "Where in the fleet machines are made." },
  },
};

const [OWNER, INSTANCE, ATTEMPT] = ["WHARFINGER_OWNER", "WHARFINGER_INSTANCE", "WHARFINGER_ATTEMPT"];

const STATES = { starting: "starting", running: "running", exited: "stopped", failed: "failed" };

export const info = {
  describe() {
    return {
      name: "fleet",
      version: "0.1.0",
      kind: "provisioner",
      settingsSchema: JSON.stringify(SCHEMA),
      capabilities: ["logs", "owned", "templates"],
      extra: [],
    };
  },

  checkSettings({ settings }) {
    readSettings(settings);
    return { warnings: [], extra: [] };
  },
};

export const provisioner = {
  templates() {
    const { images } = look("its images", "/images").json;
    return { templates: images.map(template), nextCursor: null, extra: [] };
  },

  create({ request, target, secrets, deadlineMs }) {
    const marks = { [OWNER]: target.owner, [INSTANCE]: target.instanceId, [ATTEMPT]: String(target.attempt) };
    const order = {
      zone: readSettings(get({ extra: [] }).json).zone ?? null,
      image: request.template.image ?? null,
      command: request.template.command,
      port: request.template.port,
      // Later wins: nobody's request overrides the marks by which the machine is found again.
      environment: { ...Object.fromEntries(request.environment), ...Object.fromEntries(secrets), ...marks },
      labels: { ...Object.fromEntries(request.labels), ...marks },
    };
    const { status, headers, json } = change("put", target, order, deadlineMs);
    const name = target.workloadName;
    if ((status === 200 || status === 201) && json) {
      const made = status === 201;
      if (!made && !isOurs(json, target)) {
        throw failure("foreign", `the machine ${name} is somebody else's; it was not touched`);
      }
      if (!made && attemptOf(json) < target.attempt) {
        throw failure("not-applied", `the machine ${name} of an earlier attempt is still there`);
      }
      return creation(json, made, request.template);
    }
    const why = said({ status, json });
    if (status === 400) throw failure("invalid", `the fleet refuses the request: ${why}`);
    if (status === 503 && json) {
      const pause = /^\d+$/.test(headers["retry-after"] ?? "") ? Number(headers["retry-after"]) * 1_000 : null;
      throw failure("not-applied", `the fleet has no room: ${why}`, pause);
    }
    throw failure("outcome-unknown", `the fleet failed while it made ${name}: ${why}`);
  },

  inspect({ target }) {
    const machine = find(target);
    if (!machine) return observation("absent", "the fleet knows no such machine");
    if (!isOurs(machine, target)) return observation("absent", "the machine of this name is somebody else's");
    return observe(machine);
  },

  destroy({ target }) {
    const machine = find(target);
    // What is somebody else's is left alone, and ours is gone.
    if (!machine || !isOurs(machine, target)) return { gone: true, extra: [] };
    const answer = change("delete", target, undefined, 30_000);
    if (answer.status === 202 || answer.status === 204 || isNotFound(answer)) {
      return { gone: answer.status !== 202, extra: [] };
    }
    throw failure("outcome-unknown", `the fleet did not remove the machine: ${said(answer)}`);
  },

  owned({ owner, cursor }) {
    const { machines, next } = look("its machines", `/machines?${query({ owner, after: cursor })}`).json;
    const workloads = machines
      .filter((machine) => machine.labels[OWNER] === owner)
      .map((machine) => ({ target: marked(machine), observation: observe(machine), extra: [] }));
    return { workloads, nextCursor: next, extra: [] };
  },

  logs({ target, cursor, maxBytes }) {
    const page = query({ bytes: maxBytes, after: cursor });
    const { lines, next } = look("the output", `${machinePath(target)}/output?${page}`).json;
    return {
      lines: lines.map(({ at, source, text }) => ({ at, source, text, extra: [] })),
      nextCursor: next,
      extra: [],
    };
  },
};

// What the fleet says, in the host's words

function creation(machine, made, asked) {
  const outcome = machine.state === "starting" ? "pending" : made ? "created" : "adopted";
  const warnings =
    asked.resources.length > 0 ? ["`resources` are ignored: the fleet's machines are all of one size"] : [];
  return { outcome: { tag: outcome }, workload: workload(machine), warnings, extra: [] };
}

function observe(machine) {
  const { state, reason, exit_code } = machine;
  const known = Object.hasOwn(STATES, state) ? STATES[state] : undefined;
  return observation(known ?? "other", reason, exit_code, workload(machine), known ? undefined : state);
}

function observation(tag, reason, exitCode = null, workload = null, val = undefined) {
  return { state: { tag, val }, reason, exitCode, workload, extra: [] };
}

function workload({ id, name, url, zone }) {
  // Where it answers and where it is; nothing of its environment, which holds secrets.
  return { id, name, url, port: null, extra: zone ? [["zone", zone]] : [] };
}

function template({ name, description, image, port }) {
  return {
    name,
    description,
    image,
    command: [],
    port,
    path: "/mcp",
    transport: "streamable-http",
    environment: [],
    labels: [],
    resources: [],
    inputs: "[]",
    extra: [],
  };
}

// Whose it is

function marked(machine) {
  return {
    workloadName: machine.name,
    instanceId: machine.labels[INSTANCE] ?? "",
    owner: machine.labels[OWNER] ?? "",
    attempt: attemptOf(machine),
    lastKnown: null,
    extra: [],
  };
}

function isOurs({ labels }, target) {
  return labels[OWNER] === target.owner && labels[INSTANCE] === target.instanceId;
}

function attemptOf({ labels }) {
  return /^\d+$/.test(labels[ATTEMPT] ?? "") ? Number(labels[ATTEMPT]) : 0;
}

// Changes: what was not sent was not applied, and a lost answer is an unknown outcome

function change(method, target, value, timeoutMs) {
  try {
    return send("fleet", method, machinePath(target), value, timeoutMs);
  } catch (error) {
    if (error instanceof Denied) throw failure("denied", `the fleet may not be asked: ${error.message}`);
    if (error instanceof NotSent) {
      throw failure("not-applied", `the fleet cannot be reached: ${error.message}`, 5_000);
    }
    if (error instanceof Lost) throw failure("outcome-unknown", `the fleet's answer was lost: ${error.message}`);
    throw error;
  }
}

// Looks: they change nothing, so one that fails was not applied, whatever became of it

function find(target) {
  const answer = look(`the machine ${target.workloadName}`, machinePath(target), true);
  return isNotFound(answer) ? null : answer.json;
}

function look(what, path, absentIsFine = false) {
  let answer;
  try {
    answer = send("fleet", "get", path);
  } catch (error) {
    if (error instanceof Denied) throw failure("denied", `the fleet may not be asked for ${what}: ${error.message}`);
    if (error instanceof NotSent || error instanceof Lost) {
      throw failure("not-applied", `the fleet did not tell about ${what}: ${error.message}`, 5_000);
    }
    throw error;
  }
  if ((answer.status === 200 && answer.json) || (absentIsFine && isNotFound(answer))) return answer;
  throw failure("not-applied", `the fleet would not tell about ${what}: ${said(answer)}`, 5_000);
}

// A 404 of the fleet itself: one of a router or proxy in between says nothing about the machine.
function isNotFound({ status, json }) {
  return status === 404 && json?.error === "no such machine";
}

function machinePath(target) {
  return `/machines/${encodeURIComponent(target.workloadName)}`;
}

function query(members) {
  return Object.entries(members)
    .filter(([, value]) => value != null)
    .map(([key, value]) => `${key}=${encodeURIComponent(value)}`)
    .join("&");
}

// The fleet's own words. A body of another shape is not quoted: it may hold an environment.
function said({ status, json }) {
  return typeof json?.error === "string" ? `${json.error} (status ${status})` : `status ${status}`;
}

// Settings and failures

function readSettings(text) {
  const table = JSON.parse(text);
  const violations = Object.entries(table).flatMap(([key, value]) => {
    if (key !== "zone") {
      return [{ pointer: `/${key}`, code: "unknown_key", message: `there is no key \`${key}\``, extra: [] }];
    }
    const fine = typeof value === "string" && value !== "";
    return fine ? [] : [{ pointer: "/zone", code: "wrong_type", message: "`zone` is a text", extra: [] }];
  });
  if (violations.length > 0) {
    throw failure("invalid", violations.map((one) => one.message).join("; "), null, violations);
  }
  return table;
}

function failure(kind, message, retryAfterMs = null, violations = []) {
  return { kind: { tag: kind }, message, retryAfterMs, violations, extra: [] };
}
