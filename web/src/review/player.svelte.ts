/** Plays clips of equal frames together, and always knows which frame is on the screen. */

import { frameAt, middle } from "./frames";

const SPEEDS = [1, 2, 4, 8];

export class Player {
  frame = $state(0);
  /** Times normal speed; negative is backwards, 0 stands still. */
  speed = $state(0);
  inPoint = $state<number | null>(null);
  outPoint = $state<number | null>(null);
  isLooping = $state(false);
  private videos: HTMLVideoElement[] = [];
  private offsets = new WeakMap<HTMLVideoElement, number>();
  private wanted: number | null = null;
  private timer = 0;

  constructor(
    readonly fps: number,
    readonly count: number,
  ) {}

  /** Frames [start, stop) that were marked, or the frame on the screen. */
  get range(): [number, number] {
    const start = this.inPoint ?? this.frame;
    const stop = this.outPoint ?? (this.inPoint === null ? this.frame : Math.max(this.frame, start));
    return [Math.min(start, stop), Math.max(start, stop) + 1];
  }

  /** Take a clip along, `offset` frames ahead of the others; the first one leads. Gives back what lets it go. */
  attach = (video: HTMLVideoElement, offset = 0): (() => void) => {
    this.videos.push(video);
    this.offsets.set(video, offset);
    const ready = () => {
      if (!this.speed) this.show(video, this.frame);
      else if (this.speed > 0) void video.play().catch(() => {});
    };
    const seeked = () => this.seekOn(video);
    video.addEventListener("loadedmetadata", ready);
    video.addEventListener("seeked", seeked);
    if (video.readyState > 0) ready();
    const look = (_: number, shown: VideoFrameCallbackMetadata) => {
      if (!this.videos.includes(video)) return;
      video.dataset.frame = String(frameAt(shown.mediaTime - offset / this.fps, this.fps, this.count));
      if (video === this.videos[0] && this.speed > 0) this.shown(Number(video.dataset.frame));
      video.requestVideoFrameCallback(look);
    };
    video.requestVideoFrameCallback(look);
    return () => {
      video.removeEventListener("loadedmetadata", ready);
      video.removeEventListener("seeked", seeked);
      this.videos = this.videos.filter((one) => one !== video);
    };
  };

  private shown(frame: number): void {
    this.frame = frame;
    const [lead, ...others] = this.videos;
    const time = lead!.currentTime - this.offsets.get(lead!)! / this.fps;
    for (const other of others) {
      const wished = time + this.offsets.get(other)! / this.fps;
      if (Math.abs(other.currentTime - wished) > 0.75 / this.fps) other.currentTime = wished;
    }
    const last = this.isLooping && this.outPoint !== null ? this.outPoint : this.count - 1;
    if (frame < last) return;
    if (!this.isLooping) this.stop();
    else this.jump(this.inPoint ?? 0);
  }

  private jump(frame: number): void {
    this.frame = frame;
    for (const video of this.videos) {
      this.show(video, frame);
      if (this.speed > 0) void video.play().catch(() => {});
    }
  }

  /** Show a frame; while one is being sought, only the newest wish is kept. */
  seek(frame: number): void {
    this.frame = Math.min(Math.max(0, Math.round(frame)), this.count - 1);
    this.wanted = this.frame;
    for (const video of this.videos) if (!video.seeking) this.place(video);
  }

  private show(video: HTMLVideoElement, frame: number): void {
    video.currentTime = middle(frame + (this.offsets.get(video) ?? 0), this.fps);
  }

  private place(video: HTMLVideoElement): void {
    if (video.readyState > 0) this.show(video, this.frame);
  }

  private seekOn(video: HTMLVideoElement): void {
    if (this.wanted === null || this.speed > 0) return;
    const time = video.currentTime - (this.offsets.get(video) ?? 0) / this.fps;
    if (frameAt(time, this.fps, this.count) !== this.wanted) this.place(video);
  }

  step(frames: number): void {
    this.stop();
    this.seek(this.frame + frames);
  }

  stop(): void {
    window.clearInterval(this.timer);
    const wasMoving = this.speed !== 0;
    this.speed = 0;
    for (const video of this.videos) video.pause();
    if (wasMoving) this.seek(this.frame);
  }

  toggle(): void {
    if (this.speed) this.stop();
    else this.run(1);
  }

  /** J and L: begin in that direction, and faster each time. */
  shuttle(direction: 1 | -1): void {
    const isSame = Math.sign(this.speed) === direction;
    const place = isSame ? SPEEDS.indexOf(Math.abs(this.speed)) + 1 : 0;
    this.run(direction * SPEEDS[Math.min(place, SPEEDS.length - 1)]!);
  }

  private run(speed: number): void {
    if (this.count < 2) return;
    window.clearInterval(this.timer);
    this.wanted = null;
    this.speed = speed;
    if (speed < 0) {
      for (const video of this.videos) video.pause();
      this.timer = window.setInterval(() => this.back(), 1000 / this.fps);
      return;
    }
    const isAtEnd = this.frame >= this.count - 1;
    const isOutside = this.isLooping && (this.frame < (this.inPoint ?? 0) || this.frame >= (this.outPoint ?? this.count));
    if (isAtEnd || isOutside) this.jump(this.isLooping ? (this.inPoint ?? 0) : 0);
    for (const video of this.videos) {
      video.playbackRate = speed;
      void video.play().catch(() => this.stop());
    }
  }

  private back(): void {
    const first = this.isLooping ? (this.inPoint ?? 0) : 0;
    if (this.frame <= first && !this.isLooping) return this.stop();
    this.seek(this.frame <= first ? (this.outPoint ?? this.count - 1) : this.frame + this.speed);
  }
}
