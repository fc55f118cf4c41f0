import { post } from "../api/client";
import type { Asset, Stroke } from "../api/types";

interface Canvas {
  width: number;
  height: number;
  /** Whether a face may change only where it was painted, or everywhere but there. */
  keeps: "painted" | "unpainted";
}

/** Send painted strokes as a mask: white where the face may change, black where it stays. */
export async function sendMask(projectId: string, strokes: Stroke[], { width, height, keeps }: Canvas): Promise<Asset> {
  const canvas = document.createElement("canvas");
  Object.assign(canvas, { width, height });
  const pen = canvas.getContext("2d")!;
  const [ground, paint] = keeps === "painted" ? ["#fff", "#000"] : ["#000", "#fff"];
  pen.fillStyle = ground;
  pen.fillRect(0, 0, width, height);
  Object.assign(pen, { strokeStyle: paint, lineCap: "round", lineJoin: "round" });
  for (const { points, width: part = 0.02 } of strokes) {
    pen.lineWidth = part * width;
    pen.beginPath();
    points.forEach(([x, y], place) => pen[place ? "lineTo" : "moveTo"](x * width, y * height));
    if (points.length === 1) pen.lineTo(points[0]![0] * width, points[0]![1] * height);
    pen.stroke();
  }
  const png = await new Promise<Blob | null>((resolve) => canvas.toBlob(resolve, "image/png"));
  const query = { project_id: projectId, name: `mask-${Date.now()}.png` };
  return post<Asset>("/assets", undefined, { query, body: png!, headers: { "content-type": "application/octet-stream" } });
}
