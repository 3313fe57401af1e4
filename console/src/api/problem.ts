// Why a request got no success: the daemon's problem document, or that there was no daemon to ask. Every
// failure of the console's requests is one of these, so that whoever shows it needs to know no other.

import type { ProblemBody, ProblemError } from './types';

/** What the document has, where there is one. `status` 0 means that no answer came. */
export class Problem extends Error {
  readonly title: string;
  readonly status: number;
  readonly code: string;
  readonly detail: string;
  readonly remedy: string;
  readonly retryable: boolean;
  /** How long to wait before it is tried again, in ms; null where nothing was said of it. */
  readonly retryAfter: number | null;
  readonly errors: readonly ProblemError[];
  readonly requestId: string | null;
  /** Everything the daemon said, for members only some problems have, such as `admission`. */
  readonly body: ProblemBody | null;

  constructor(fields: {
    title: string;
    status: number;
    code: string;
    detail: string;
    remedy: string;
    retryable: boolean;
    retryAfter?: number | null;
    body?: ProblemBody;
  }) {
    super(fields.detail);
    this.name = 'Problem';
    this.title = fields.title;
    this.status = fields.status;
    this.code = fields.code;
    this.detail = fields.detail;
    this.remedy = fields.remedy;
    this.retryable = fields.retryable;
    this.retryAfter = fields.retryAfter ?? null;
    this.body = fields.body ?? null;
    this.errors = fields.body?.errors ?? [];
    this.requestId = fields.body?.request_id ?? null;
  }

  /** The page that explains its code; problems that the daemon did not make have none. */
  get page(): string | null {
    return this.body === null ? null : `/docs/problems/${encodeURIComponent(this.code)}`;
  }

  /** No answer came at all. */
  static unreachable(): Problem {
    return new Problem({
      title: 'The daemon does not answer',
      status: 0,
      code: 'unreachable',
      detail: 'The request got no answer from Wharfinger: it may be stopped or restarting.',
      remedy: 'Look whether the daemon runs. The console goes on by itself when it answers.',
      retryable: true,
    });
  }

  /** What an answer without success said, if it is one of the daemon's; else what can be said of it. */
  static of(status: number, body: unknown, retryAfterHeader: string | null = null): Problem {
    const retryAfter = inMilliseconds(retryAfterHeader);
    if (isProblemBody(body)) {
      const { title, code, detail, remedy, retryable } = body;
      return new Problem({ title, status, code, detail, remedy, retryable, retryAfter, body });
    }
    return new Problem({
      title: 'An answer that is not the daemon’s',
      status,
      code: 'foreign_answer',
      detail: `The answer had the status ${status} and no problem document: something between this browser and Wharfinger may have made it.`,
      remedy: 'Look at the proxy in front of the daemon, if there is one.',
      retryable: status >= 502,
      retryAfter,
    });
  }

  /** Any thrown value as a problem, without ever hiding what it was. */
  static from(thrown: unknown): Problem {
    if (thrown instanceof Problem) return thrown;
    return new Problem({
      title: 'The console failed',
      status: 0,
      code: 'console_error',
      detail: thrown instanceof Error ? thrown.message : String(thrown),
      remedy: 'Load the page again. If it goes on, report it: it is an error of the console.',
      retryable: false,
    });
  }
}

/** The daemon says whole seconds; dates, which proxies may say, are not read. */
function inMilliseconds(header: string | null): number | null {
  return header !== null && /^\d{1,5}$/.test(header) ? Number(header) * 1_000 : null;
}

function isProblemBody(body: unknown): body is ProblemBody {
  if (typeof body !== 'object' || body === null) return false;
  const fields = body as Record<string, unknown>;
  return (
    typeof fields.code === 'string' &&
    typeof fields.title === 'string' &&
    typeof fields.detail === 'string' &&
    typeof fields.remedy === 'string'
  );
}
