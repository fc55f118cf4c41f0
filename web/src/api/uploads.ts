/** Resumable uploads (tus 1.0): after a broken line, or a reload, choosing the same file goes on where it stopped. */

import { Upload } from "tus-js-client";
import { address, csrfHeaders, get, Problem } from "./client";
import type { Asset } from "./types";

const CHUNK_BYTES = 16 * 1024 * 1024;

/** Send a file. `each` is told how many bytes are safe. Raises Problem. */
export function send(projectId: string, file: File, each: (sent: number, total: number) => void): Promise<Asset> {
  return new Promise((resolve, reject) => {
    const upload = new Upload(file, {
      endpoint: address("/uploads", { project_id: projectId }),
      headers: csrfHeaders(),
      metadata: { filename: file.name },
      chunkSize: CHUNK_BYTES,
      retryDelays: [0, 1000, 3000, 5000, 10000, 20000],
      removeFingerprintOnSuccess: true,
      onProgress: each,
      onShouldRetry: (error) => ![400, 401, 403, 404, 410, 413, 415, 422, 429].includes(statusOf(error)),
      onSuccess: ({ lastResponse }) => {
        const id = lastResponse.getHeader("X-Asset-Id");
        if (id) get<Asset>(`/assets/${id}`).then(resolve, reject);
        else reject(new Problem(500, "urn:facefusion:unexpected", "", file.name));
      },
      onError: (error) => reject(problemOf(error)),
    });
    upload.findPreviousUploads().then((found) => {
      const known = found.find((one) => one.uploadUrl?.includes("/v1/uploads/"));
      if (known) upload.resumeFromPreviousUpload(known);
      upload.start();
    }, reject);
  });
}

function statusOf(error: unknown): number {
  const response = (error as { originalResponse?: { getStatus(): number } | null }).originalResponse;
  return response?.getStatus() ?? 0;
}

function problemOf(error: Error): Problem {
  const response = (error as { originalResponse?: { getStatus(): number; getBody(): string } | null }).originalResponse;
  if (!response) return new Problem(0, "urn:facefusion:unreachable", "", "");
  try {
    const said = JSON.parse(response.getBody());
    return new Problem(response.getStatus(), said.type, said.title, said.detail);
  } catch {
    return new Problem(response.getStatus(), "urn:facefusion:unexpected", "", error.message);
  }
}
