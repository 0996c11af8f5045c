/** Sending bytes with progress, which `fetch` does not tell. */

/**
 * @param {string} url
 * @param {Blob|string} body
 * @param {{headers: Object<string, string>, signal?: AbortSignal,
 *   onProgress: (share: number) => void}} options
 * @returns {Promise<Response>} Whatever its status.
 * @throws {TypeError} If the way there broke, like `fetch`.
 */
export function sendForm(url, body, { headers, signal, onProgress }) {
  return new Promise((resolve, reject) => {
    const abort = () => request.abort();
    const request = new XMLHttpRequest();
    request.open("POST", url);
    request.responseType = "blob";
    for (const [name, value] of Object.entries(headers)) request.setRequestHeader(name, value);
    request.upload.onprogress = (event) => {
      if (event.lengthComputable && event.total) onProgress(event.loaded / event.total);
    };
    request.upload.onload = () => onProgress(1);
    request.onload = () => resolve(answerOf(request));
    request.onerror = () => reject(new TypeError("the connection broke"));
    request.onabort = () => reject(new DOMException("called off", "AbortError"));
    request.onloadend = () => signal?.removeEventListener("abort", abort);
    if (signal?.aborted) {
      reject(new DOMException("called off", "AbortError"));
      return;
    }
    signal?.addEventListener("abort", abort);
    request.send(body);
  });
}

function answerOf(request) {
  const headers = new Headers();
  for (const line of request.getAllResponseHeaders().trim().split(/[\r\n]+/)) {
    const at = line.indexOf(":");
    if (at > 0) headers.append(line.slice(0, at).trim(), line.slice(at + 1).trim());
  }
  const isBare = request.status === 204 || request.status === 304;
  return new Response(isBare ? null : request.response, { status: request.status, headers });
}
