import type { JobDetail } from "../api/types";

const OF: Record<string, string[]> = {
  analysing: ["analyse"],
  rendering: ["segment", "whole", "preview", "people", "proxy"],
  delivering: ["deliver", "report"],
};

/** How long each step took, by the clock: from the first piece that began to the last that ended. */
export function stages(job: JobDetail): { name: string; seconds: number | null }[] {
  const begun = job.started === null ? null : job.started - job.created;
  const steps = Object.entries(OF).map(([name, kinds]) => {
    const pieces = job.segments.filter((one) => kinds.includes(one.kind) && one.started && !one.kept);
    const ends = pieces.map((one) => one.ended);
    if (!pieces.length || ends.some((one) => one === null)) return { name, seconds: null };
    return { name, seconds: Math.max(...(ends as number[])) - Math.min(...pieces.map((one) => one.started!)) };
  });
  return [{ name: "queued", seconds: begun }, ...steps];
}
