/** Live progress by server-sent events; the browser reconnects with Last-Event-ID, so nothing is lost or doubled. */

import { address, get } from "./client";
import type { JobDetail, JobEvent } from "./types";

const KINDS = ["state", "progress", "task", "artifact", "review", "note"];

/** Follow the events of a job; gives back what ends it. `then` is called when the job has ended. */
export function followJob(jobId: string, each: (event: JobEvent) => void, then: () => void = () => {}): () => void {
  return follow(address(`/jobs/${jobId}/events`), each, then);
}

/** Follow the events of all jobs of a project from now on. */
export function followProject(projectId: string, each: (event: JobEvent) => void): () => void {
  return follow(address("/events", { project_id: projectId, after: "newest" }), each, () => {});
}

function follow(url: string, each: (event: JobEvent) => void, then: () => void): () => void {
  const stream = new EventSource(url);
  for (const kind of KINDS) {
    stream.addEventListener(kind, (event) => each(JSON.parse((event as MessageEvent<string>).data) as JobEvent));
  }
  stream.addEventListener("end", () => {
    stream.close();
    then();
  });
  return () => stream.close();
}

/** The job when it has ended. `each` sees every event on the way. */
export async function ended(jobId: string, each: (event: JobEvent) => void = () => {}): Promise<JobDetail> {
  await new Promise<void>((resolve) => followJob(jobId, each, resolve));
  return get<JobDetail>(`/jobs/${jobId}`);
}
