/** What the API says, as far as the application reads it; the truth is GET /v1/openapi.json. */

export interface Page<T> {
  items: T[];
  next: string | null;
}

export interface Session {
  name: string;
  is_admin: boolean;
  csrf: string;
  via: "local" | "session" | "key";
}

export interface Project {
  id: string;
  name: string;
  kind: "production" | "teaching";
  policy: string;
  needs_permission: boolean;
  roles: string[];
}

export interface Asset {
  id: string;
  name: string;
  kind: "image" | "video" | "other";
  media_type: string;
  size: number;
  facts: { width?: number; height?: number; frames?: number; fps?: string; seconds?: number; is_clip?: boolean };
  is_locked: boolean;
  created: number;
}

export interface Person {
  person_id: number;
  num_frames: number;
  seconds: number;
  first_seconds: number;
  portrait_url: string | null;
}

export interface Progress {
  phase: string;
  frames_done: number;
  frames_total: number;
  frames_per_second: number;
  seconds_left: number | null;
  newest_frame: number | null;
  elapsed_seconds?: number;
}

export type JobState = "queued" | "analysing" | "rendering" | "delivering" | "succeeded" | "failed" | "cancelled";

export interface Fault {
  type: string;
  title: string;
  detail: string;
}

export interface RenderRequest {
  target: string;
  sources: string[];
  assign: Record<string, string[]>;
  options: Record<string, unknown>;
  format: string | null;
  without_label?: boolean;
  frames?: number[];
}

export interface Job {
  id: string;
  project_id: string;
  kind: string;
  name: string;
  state: JobState;
  is_paused: boolean;
  paused_why: string;
  priority: number;
  created: number;
  created_by: string;
  started: number | null;
  ended: number | null;
  parent_id: string | null;
  permission_id: string | null;
  progress: Progress;
  request: RenderRequest;
  error: Fault | null;
  report: Record<string, unknown> | null;
  verdict: string | null;
}

export interface Segment {
  id: string;
  kind: string;
  place: number;
  start: number;
  stop: number;
  state: string;
  attempts: number;
  lost: number;
  frames_done: number;
  started: number | null;
  ended: number | null;
  error: string;
  kept: boolean;
}

export interface Artifact {
  id: string;
  job_id: string;
  kind: string;
  name: string;
  media_type: string;
  size: number;
  more: Record<string, unknown>;
  is_locked: boolean;
  created: number;
}

export interface JobDetail extends Job {
  segments: Segment[];
  artifacts: Artifact[];
}

export interface JobEvent {
  id: number;
  created: number;
  job_id: string;
  kind: string;
  data: Record<string, unknown>;
}

export interface Option {
  name: string;
  kind: "float" | "int" | "bool" | "text" | "texts" | "choice" | "choices";
  default: unknown;
  why: string;
  low: number | null;
  high: number | null;
  choices: string[];
}

export interface Section {
  name: string;
  title: string;
  processor: string | null;
  options: Option[];
}

export interface PlanSchema {
  processors: { name: string; shape: string; needs_source: boolean; kind: string }[];
  formats: string[];
  sections: Section[];
}

export interface Estimate {
  frames: number | null;
  seconds: number | null;
  warnings: string[];
}

export interface Review {
  id: string;
  author: string;
  verdict: "approved" | "rejected" | "retry";
  reason: string;
  created: number;
}

export interface Version {
  job_id: string;
  parent_id: string | null;
  state: JobState;
  created: number;
  created_by: string;
  verdict: string | null;
}

/** One line drawn on a frame: points in parts of its width and height, width in parts of its width. */
export interface Stroke {
  color: string;
  width?: number;
  points: [number, number][];
}

export interface Note {
  id: string;
  job_id: string;
  author: string;
  start: number;
  stop: number;
  text: string;
  drawing: Stroke[];
  is_resolved: boolean;
  created: number;
  version: number;
}

export interface Quality {
  /** One value for every frame; null where nothing was measured. */
  columns: Record<string, (number | null)[]>;
  flags: { start: number; stop: number; what: string; why: string }[];
}
