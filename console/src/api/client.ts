/** One way to speak to the program: adds the CSRF token, reads problem+json, notices when the session has ended. */
import type { Path, Problem } from "./types";

type Method = "GET" | "POST" | "PUT" | "PATCH" | "DELETE";

export interface Call {
  /** Values for the `{name}` parts of the path. */
  params?: Record<string, string>;
  query?: Record<string, string | number | null | undefined>;
  body?: unknown;
  /** Sent as it is, in place of a JSON body. */
  upload?: { type: string; text: string };
  accept?: string;
  /** More headers, names in lower case. */
  headers?: Record<string, string>;
  signal?: AbortSignal;
}

/** A refusal by the program, or no answer from it at all (`status` 0, code `unreachable`). */
export class ApiError extends Error {
  readonly problem: Problem;

  constructor(problem: Problem) {
    super(problem.detail ?? problem.title);
    this.name = "ApiError";
    this.problem = problem;
  }

  get status(): number {
    return this.problem.status;
  }
}

let csrfToken: string | null = null;
let language = "en";
let whenSignedOut: () => void = () => {};

export function setCsrfToken(token: string | null): void {
  csrfToken = token;
}

/** The language in which problems are worded. */
export function setApiLanguage(tag: string): void {
  language = tag;
}

/** Called when an answer says that nobody is signed in any more. */
export function onSignedOut(listener: () => void): void {
  whenSignedOut = listener;
}

export function urlOf(path: Path, call: Pick<Call, "params" | "query"> = {}): string {
  const filled = path.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(call.params?.[name] ?? ""));
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(call.query ?? {})) {
    if (value !== null && value !== undefined && value !== "") query.set(name, String(value));
  }
  const text = query.toString();
  return text === "" ? filled : `${filled}?${text}`;
}

/** Sends a request and answers its JSON (`undefined` for an empty answer). Throws `ApiError`. */
export async function send<T>(method: Method, path: Path, call: Call = {}): Promise<T> {
  const response = await request(method, path, call);
  const text = await response.text();
  return (text === "" ? undefined : JSON.parse(text)) as T;
}

/** Sends a request and answers the raw response, once it is known to be a success. Throws `ApiError`. */
export async function request(method: Method, path: Path, call: Call = {}): Promise<Response> {
  const response = await ask(method, path, call);
  if (response.ok) return response;
  const problem = await readProblem(response);
  // Signing in again in another tab changes the token for this one too.
  if (problem.code === "csrf_refused" && (await renewCsrfToken())) return request(method, path, call);
  // A wrong password is a 401 too, and does not end the session.
  if (response.status === 401 && problem.code !== "wrong_credentials") whenSignedOut();
  throw new ApiError(problem);
}

/** Whether the session has another token than the one we sent. */
async function renewCsrfToken(): Promise<boolean> {
  const before = csrfToken;
  const answer = await ask("GET", "/api/v1/session", {});
  if (!answer.ok) return false;
  csrfToken = ((await answer.json()) as { csrf_token: string }).csrf_token;
  return csrfToken !== before;
}

async function ask(method: Method, path: Path, call: Call): Promise<Response> {
  const headers: Record<string, string> = {
    accept: call.accept ?? "application/json",
    "accept-language": language,
    ...call.headers,
  };
  const body = call.upload?.text ?? (call.body === undefined ? undefined : JSON.stringify(call.body));
  if (body !== undefined) headers["content-type"] = call.upload?.type ?? "application/json";
  if (method !== "GET" && csrfToken !== null) headers["x-csrf-token"] = csrfToken;
  try {
    return await fetch(urlOf(path, call), {
      method,
      headers,
      credentials: "same-origin",
      ...(body === undefined ? {} : { body }),
      ...(call.signal === undefined ? {} : { signal: call.signal }),
    });
  } catch (cause) {
    if (cause instanceof DOMException && cause.name === "AbortError") throw cause;
    throw new ApiError(problemOf(0, "unreachable", "Fanvine does not answer"));
  }
}

async function readProblem(response: Response): Promise<Problem> {
  try {
    const body = (await response.json()) as Partial<Problem>;
    if (typeof body.title === "string") return { ...problemOf(response.status, "", ""), ...body } as Problem;
  } catch {
    // Not JSON: a proxy's page, most likely. The status is all there is to say.
  }
  return problemOf(response.status, `http_${response.status}`, `HTTP ${response.status} ${response.statusText}`.trim());
}

function problemOf(status: number, code: string, title: string): Problem {
  return { type: "about:blank", title, status, code } as Problem;
}
