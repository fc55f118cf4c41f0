/** Who uses the application, and in which project. */

import { all, get, onSignedOut, post, Problem, rememberCsrf, remove } from "../api/client";
import type { Project, Session } from "../api/types";

const KEPT = "facefusion.project";

let who = $state<Session | null>(null);
let projects = $state<Project[]>([]);
let projectId = $state("");
let isAsked = $state(false);
let hasOidc = $state(false);
let fault = $state<unknown>(null);

export const session = {
  get who() {
    return who;
  },
  get projects() {
    return projects;
  },
  get project(): Project | undefined {
    return projects.find((one) => one.id === projectId);
  },
  /** Whether the server has said who this is. */
  get isAsked() {
    return isAsked;
  },
  get hasOidc() {
    return hasOidc;
  },
  get fault() {
    return fault;
  },
  may(...roles: string[]): boolean {
    return Boolean(who?.is_admin) || roles.some((role) => this.project?.roles.includes(role));
  },
};

export async function find(): Promise<void> {
  fault = null;
  const listed = all<Project>("/projects").catch((error: unknown) => error);
  try {
    await enter(await get<Session>("/session"), await listed);
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    who = null;
    if (error.status !== 401) fault = error;
    else hasOidc = (await get<{ oidc: boolean }>("/login-options")).oidc;
  }
  isAsked = true;
}

async function enter(found: Session, listed: Project[] | unknown): Promise<void> {
  rememberCsrf(found.csrf ?? "");
  if (!Array.isArray(listed)) throw listed;
  projects = listed;
  const kept = localStorage.getItem(KEPT);
  choose(projects.find((one) => one.id === kept)?.id ?? projects.at(-1)?.id ?? "");
  who = found;
}

export async function signIn(name: string, password: string): Promise<void> {
  await post("/session", { name, password });
  await find();
}

export async function signOut(): Promise<void> {
  await remove("/session");
  await find();
}

export function choose(id: string): void {
  projectId = id;
  localStorage.setItem(KEPT, id);
}

onSignedOut(() => {
  who = null;
});
