import { post } from "../api/client";
import type { Asset, Stroke } from "../api/types";

/** Send painted strokes as a mask of width × height: white where the face may change, black elsewhere. brush: pixels of a
 * picture that is `shown` wide. */
export async function sendMask(
  projectId: string,
  strokes: Stroke[],
  { width, height, brush, shown }: { width: number; height: number; brush: number; shown: number },
): Promise<Asset> {
  const canvas = document.createElement("canvas");
  Object.assign(canvas, { width, height });
  const pen = canvas.getContext("2d")!;
  pen.fillStyle = "#000";
  pen.fillRect(0, 0, width, height);
  Object.assign(pen, { strokeStyle: "#fff", lineWidth: (brush * width) / shown, lineCap: "round", lineJoin: "round" });
  for (const { points } of strokes) {
    pen.beginPath();
    points.forEach(([x, y], place) => pen[place ? "lineTo" : "moveTo"](x * width, y * height));
    if (points.length === 1) pen.lineTo(points[0]![0] * width, points[0]![1] * height);
    pen.stroke();
  }
  const png = await new Promise<Blob | null>((resolve) => canvas.toBlob(resolve, "image/png"));
  const query = { project_id: projectId, name: `mask-${Date.now()}.png` };
  return post<Asset>("/assets", undefined, { query, body: png!, headers: { "content-type": "application/octet-stream" } });
}
