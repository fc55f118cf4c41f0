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
}

/** The proxy of a job's result or of an asset, made where there is none. Raises Problem. */
async function proxyOf(path: string, each: (part: number) => void): Promise<Plate> {
  const job = await post<Job>(`${path}/proxy`);
  const done = await ended(job.id, ({ kind, data }) => {
    if (kind === "progress" && data.frames_total) each(Number(data.frames_done) / Number(data.frames_total));
  });
  const proxy = done.artifacts.find((one) => one.kind === "proxy");
  if (!proxy) throw new Problem(409, `urn:facefusion:${done.error?.type ?? "unexpected"}`, "", done.error?.detail ?? "");
  const more = proxy.more as { fps: string; frames: number; width: number; height: number };
  return {
    url: content(proxy),
    isStill: false,
    fps: rate(more.fps),
    count: more.frames,
    width: more.width,
    height: more.height,
  };
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
  return { url, isStill: true, fps: 1, count: 1, width, height };
}

export function assetOf(id: string): Promise<Asset> {
  return get<Asset>(`/assets/${id}`);
}
