/** How two clips are compared and how near one looks. */

export const MODES = ["result", "other", "side", "wipe", "difference", "onion"] as const;
export type Mode = (typeof MODES)[number];
const MOST_ZOOM = 32;

export class View {
  mode = $state<Mode>("wipe");
  /** Where the wipe stands, or how much of the other shows: 0 to 100. */
  part = $state(50);
  /** How much differences are raised. */
  gain = $state(4);
  zoom = $state(1);
  x = $state(0);
  y = $state(0);
  /** How wide a picture is on the page, in its pixels, before zooming. */
  paneWidth = $state(1);
  /** The zoom at which a pixel of the proxy is a pixel of the screen. */
  pixelZoom = $state(1);

  zoomBy(times: number): void {
    this.zoomTo(this.zoom * times);
  }

  zoomTo(zoom: number): void {
    const next = Math.min(MOST_ZOOM, Math.max(Math.min(1, this.pixelZoom), zoom));
    this.x *= next / this.zoom;
    this.y *= next / this.zoom;
    this.zoom = next;
    if (next <= 1) this.x = this.y = 0;
  }

  pan(x: number, y: number): void {
    this.x += x;
    this.y += y;
  }
}
