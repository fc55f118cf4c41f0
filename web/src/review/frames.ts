/** Frames and seconds. A frame is shown by seeking to its middle, so that no rounding lands on a neighbour. */

/** Frames per second of "30000/1001" or "25". */
export function rate(text: string | undefined): number {
  const [over, under = "1"] = (text ?? "25").split("/");
  const found = Number(over) / Number(under);
  return Number.isFinite(found) && found > 0 ? found : 25;
}

/** Where to seek for frame `index`: (n + 0.5) / fps. */
export function middle(index: number, fps: number): number {
  return (index + 0.5) / fps;
}

/** The frame that is on the screen at `seconds` of media time. */
export function frameAt(seconds: number, fps: number, count: number): number {
  return Math.min(Math.max(0, Math.floor(seconds * fps + 1e-3)), Math.max(0, count - 1));
}

/** Frames [start, stop) as people say them. */
export function spanOf(start: number, stop: number): string {
  return stop - start > 1 ? `${start}–${stop - 1}` : String(start);
}

/** Hours, minutes, seconds and frames, as an editor reads them (not drop-frame). */
export function timecode(index: number, fps: number): string {
  const whole = Math.max(1, Math.round(fps));
  const seconds = Math.floor(index / whole);
  const parts = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60, index % whole];
  return parts.map((part) => String(part).padStart(2, "0")).join(":");
}
