/** The keys of the review room. Those with Shift are named so. */

export const SHORTCUTS: Record<string, string[]> = {
  toggle: ["K", " "],
  back: ["J"],
  forth: ["L"],
  left: ["←"],
  right: ["→"],
  left10: ["Shift ←"],
  right10: ["Shift →"],
  first: ["Home"],
  last: ["End"],
  in: ["I"],
  out: ["O"],
  unmark: ["X"],
  loop: ["R"],
  before: ["["],
  after: ["]"],
  closer: ["+"],
  farther: ["-"],
  fit: ["0"],
  pixels: ["9"],
  pan_left: ["A"],
  pan_right: ["D"],
  pan_up: ["W"],
  pan_down: ["S"],
  mask: ["M"],
  occlusion: ["F"],
  matte: ["B"],
  note: ["N"],
  draw: ["P"],
  lay_down: ["Escape"],
  keys: ["?"],
};

const SHOWN: Record<string, string> = { ArrowLeft: "←", ArrowRight: "→", "=": "+" };
const OF = new Map(Object.entries(SHORTCUTS).flatMap(([what, keys]) => keys.map((key) => [key, what] as const)));

/** What a key asks for, if anything. */
export function keyOf(event: KeyboardEvent): string | undefined {
  const shown = SHOWN[event.key] ?? (event.key.length === 1 ? event.key.toUpperCase() : event.key);
  return OF.get(event.shiftKey && event.key.startsWith("Arrow") ? `Shift ${shown}` : shown);
}
