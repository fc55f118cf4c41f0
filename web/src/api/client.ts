/** Requests to the API. Errors are problem details (RFC 9457); their `detail` is one line that says what would work. */

import type { Page } from "./types";

export class Problem extends Error {
  constructor(
    readonly status: number,
    readonly type: string,
    readonly title: string,
    readonly detail: string,
    readonly faults: { at: string; what: string }[] = [],
  ) {
    super(detail);
  }

  /** The last word of the type, e.g. "not-found". */
  get kind(): string {
    return this.type.split(":").pop() ?? "";
  }
}

type Query = Record<string, string | number | boolean | null | undefined | string[]>;

export interface Asked {
  query?: Query;
  json?: unknown;
  body?: BodyInit;
  headers?: Record<string, string>;
  signal?: AbortSignal;
}

let csrf = "";
let whenSignedOut = () => {};

/** Remember what every changing request has to carry. */
export function rememberCsrf(token: string): void {
  csrf = token;
}

export function csrfHeaders(): Record<string, string> {
  return csrf ? { "X-CSRF-Token": csrf } : {};
}

/** Call `then` when the server no longer knows who asks. */
export function onSignedOut(then: () => void): void {
  whenSignedOut = then;
}

export function address(path: string, query: Query = {}): string {
  const said = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    for (const one of Array.isArray(value) ? value : [value]) {
      if (one !== null && one !== undefined && one !== "") said.append(name, String(one));
    }
  }
  const text = said.toString();
  return `/v1${path}${text ? `?${text}` : ""}`;
}

async function ask<T>(method: string, path: string, asked: Asked = {}): Promise<T> {
  const headers: Record<string, string> = { accept: "application/json", ...asked.headers };
  if (method !== "GET") Object.assign(headers, csrfHeaders());
  let body = asked.body;
  if (asked.json !== undefined) {
    headers["content-type"] = "application/json";
    body = JSON.stringify(asked.json);
  }
  let response: Response;
  try {
    response = await fetch(address(path, asked.query), { method, headers, body, signal: asked.signal });
  } catch (error) {
    if (asked.signal?.aborted) throw error;
    throw new Problem(0, "urn:facefusion:unreachable", "", "");
  }
  if (!response.ok) {
    const problem = await problemOf(response);
    if (response.status === 401 && path !== "/session") whenSignedOut();
    throw problem;
  }
  if (response.status === 204 || !response.headers.get("content-type")?.includes("json")) return undefined as T;
  return (await response.json()) as T;
}

async function problemOf(response: Response): Promise<Problem> {
  try {
    const said = await response.json();
    return new Problem(response.status, said.type ?? "", said.title ?? "", said.detail ?? "", said.faults ?? []);
  } catch {
    return new Problem(response.status, "urn:facefusion:unexpected", response.statusText, "");
  }
}

export const get = <T>(path: string, query?: Query, signal?: AbortSignal) => ask<T>("GET", path, { query, signal });
export const post = <T>(path: string, json?: unknown, asked: Asked = {}) => ask<T>("POST", path, { json, ...asked });
export const put = <T>(path: string, json: unknown) => ask<T>("PUT", path, { json });
export const patch = <T>(path: string, json: unknown, asked: Asked = {}) => ask<T>("PATCH", path, { json, ...asked });
export const remove = <T>(path: string, asked: Asked = {}) => ask<T>("DELETE", path, asked);

/** What lets a change happen only to the version that was seen; another answers with Problem "changed". */
export const onlyIf = (one: { id: string; version: number }): Asked => ({ headers: { "if-match": `"${one.id}.${one.version}"` } });

/** Every item of a list, page by page, until `most`. Plain arrays pass as they are. */
export async function all<T>(path: string, query: Query = {}, most = 500): Promise<T[]> {
  const found: T[] = [];
  let cursor: string | null = null;
  do {
    const page: Page<T> | T[] = await get(path, { ...query, limit: query.limit ?? 100, cursor });
    if (Array.isArray(page)) return page;
    found.push(...page.items);
    cursor = page.next;
  } while (cursor && found.length < most);
  return found;
}
