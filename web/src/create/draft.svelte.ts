/** What is about to be asked for. Kept in the browser for each project, so that a reload in the middle loses nothing. */

import { get } from "../api/client";
import type { Asset } from "../api/types";

export interface Draft {
  sources: string[];
  target: string | null;
  assign: Record<string, string[]>;
  processors: string[];
  options: Record<string, unknown>;
  format: string;
  name: string;
  permission: string;
  withoutLabel: boolean;
  frame: number;
  peopleJob: string;
  previewJob: string;
}

const EMPTY: Draft = {
  sources: [],
  target: null,
  assign: {},
  processors: ["face_swapper"],
  options: {},
  format: "",
  name: "",
  permission: "",
  withoutLabel: false,
  frame: 0,
  peopleJob: "",
  previewJob: "",
};

export class Making {
  draft = $state<Draft>(structuredClone(EMPTY));
  assets = $state<Record<string, Asset>>({});
  /** The source that was picked up by keyboard or tap, to be put on a person. */
  picked = $state("");

  constructor(readonly projectId: string) {
    try {
      const kept = JSON.parse(localStorage.getItem(this.key) ?? "{}");
      this.draft = { ...structuredClone(EMPTY), ...kept };
    } catch {
      // what was kept is not readable: begin anew
    }
  }

  private get key() {
    return `facefusion.draft.${this.projectId}`;
  }

  keep(): void {
    localStorage.setItem(this.key, JSON.stringify(this.draft));
  }

  clear(): void {
    this.draft = structuredClone(EMPTY);
    this.picked = "";
  }

  get target(): Asset | undefined {
    return this.draft.target ? this.assets[this.draft.target] : undefined;
  }

  /** Fetch the assets that a kept draft names; those that are gone leave it. */
  async fetchAssets(): Promise<void> {
    const assigned = Object.values(this.draft.assign).flat();
    const ids = [...new Set([...this.draft.sources, ...assigned, ...(this.draft.target ? [this.draft.target] : [])])];
    const found = await Promise.all(ids.map((id) => get<Asset>(`/assets/${id}`).catch(() => null)));
    const gone = ids.filter((_, place) => !found[place]);
    for (const asset of found) if (asset) this.assets[asset.id] = asset;
    for (const id of gone) this.leave(id);
  }

  leave(id: string): void {
    this.draft.sources = this.draft.sources.filter((one) => one !== id);
    if (this.draft.target === id) this.setTarget(null);
    for (const [person, ids] of Object.entries(this.draft.assign)) this.setAssigned(person, ids.filter((one) => one !== id));
    if (this.picked === id) this.picked = "";
  }

  addSource(asset: Asset): void {
    this.assets[asset.id] = asset;
    if (!this.draft.sources.includes(asset.id)) this.draft.sources.push(asset.id);
  }

  setTarget(asset: Asset | null): void {
    if (asset) this.assets[asset.id] = asset;
    if (this.draft.target === (asset?.id ?? null)) return;
    Object.assign(this.draft, { target: asset?.id ?? null, assign: {}, frame: 0, peopleJob: "", previewJob: "" });
  }

  put(source: string, person: string): void {
    const known = this.draft.assign[person] ?? [];
    if (!known.includes(source)) this.setAssigned(person, [...known, source]);
    this.picked = "";
  }

  setAssigned(person: string, ids: string[]): void {
    if (ids.length) this.draft.assign[person] = ids;
    else delete this.draft.assign[person];
  }

  /** The body of a job. Sources that were put on persons go to those; the others only count when none was. */
  request() {
    const draft = $state.snapshot(this.draft) as Draft;
    const isAssigned = Object.keys(draft.assign).length > 0;
    return {
      project_id: this.projectId,
      target: draft.target,
      sources: isAssigned ? [] : draft.sources,
      assign: draft.assign,
      options: { ...draft.options, processor: draft.processors },
      format: draft.format || null,
      name: draft.name.trim() || this.target?.name || null,
      permission_id: draft.permission || null,
      without_label: draft.withoutLabel && Boolean(draft.permission),
    };
  }
}
