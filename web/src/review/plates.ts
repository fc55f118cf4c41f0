/** What the player shows: H.264 proxies with one picture for every frame, or the still itself. */

import { get, post, Problem } from "../api/client";
import { ended } from "../api/events";
import type { Artifact, Asset, Job, JobDetail } from "../api/types";
import { rate } from "./frames";

export interface Plate {
  url: string;
  isStill: boolean;
  fps: number;
  count: number;
  width: number;
  height: number;
  /** Frame n of the result is frame n + offset of this one: of a target that was rendered in part. */
  offset: number;
}

/** What can be shown over the picture. */
export const OVERLAYS = ["mask", "occlusion", "matte"] as const;
export type Overlay = (typeof OVERLAYS)[number];

/** The proxy of a job's result or of an asset, made where there is none. Raises Problem. */
async function proxyOf(path: string, each: (part: number) => void): Promise<Plate> {
  const done = await asked(`${path}/proxy`, each);
  return plateOf(done.artifacts.find((one) => one.kind === "proxy")!);
}

/** A side job when it has ended well. Raises Problem. */
async function asked(path: string, each: (part: number) => void): Promise<JobDetail> {
  const job = await post<Job>(path);
  const done = await ended(job.id, ({ kind, data }) => {
    if (kind === "progress" && data.frames_total) each(Number(data.frames_done) / Number(data.frames_total));
  });
  if (done.state === "succeeded") return done;
  throw new Problem(409, `urn:facefusion:${done.error?.type ?? "unexpected"}`, "", done.error?.detail ?? "");
}

function plateOf(artifact: Artifact): Plate {
  const { fps, frames = 1, width, height } = artifact.more as { fps?: string; frames?: number; width: number; height: number };
  const url = content(artifact);
  return { url, isStill: !fps, fps: rate(fps), count: frames, width, height, offset: 0 };
}

/** The overlays of a job's result, taken down where they were not yet. Raises Problem. */
export async function overlaysOf(jobId: string, each: (part: number) => void): Promise<Partial<Record<Overlay, Plate>>> {
  const done = await asked(`/jobs/${jobId}/masks`, each);
  const found = done.artifacts.filter((one) => OVERLAYS.includes(one.kind as Overlay));
  return Object.fromEntries(found.map((one) => [one.kind, plateOf(one)]));
}

/** The frame of the target that is the first of a job's result. */
export function firstFrame(job: JobDetail): number {
  const starts = job.segments.filter((one) => one.kind === "segment").map((one) => one.start);
  return starts.length ? Math.min(...starts) : 0;
}

export function content(artifact: Artifact): string {
  return `/v1/artifacts/${artifact.id}/content`;
}

export async function plateOfAsset(asset: Asset, each: (part: number) => void): Promise<Plate> {
  if (asset.kind === "video") return proxyOf(`/assets/${asset.id}`, each);
  return still(`/v1/assets/${asset.id}/content`, asset);
}

export async function plateOfJob(job: JobDetail, target: Asset, each: (part: number) => void): Promise<Plate> {
  const output = job.artifacts.find((one) => one.kind === "output");
  if (output?.media_type.startsWith("image/")) return still(content(output), target);
  return proxyOf(`/jobs/${job.id}`, each);
}

function still(url: string, asset: Asset): Plate {
  const { width = 16, height = 9 } = asset.facts;
  return { url, isStill: true, fps: 1, count: 1, width, height, offset: 0 };
}

export function assetOf(id: string): Promise<Asset> {
  return get<Asset>(`/assets/${id}`);
}
